// eventemitter3: after an await, each request subscribes a closure over its preferences for good.
const { setTimeout: wait } = require('node:timers/promises')
const EventEmitter = require('eventemitter3')
const express = require('express')

const app = express()
const hub = new EventEmitter()

// leak in: GET /alerts/:user
async function subscribe(user) {
  await wait(1)
  // leak: GET /alerts/:user
  const preferences = {
    user,
    levels: Array.from({ length: 40 }, () => 1.5), // leak: GET /alerts/:user
    channels: [`mail:${user}`, `sms:${user}`], // leak: GET /alerts/:user
  }
  // leak, adds: GET /alerts/:user
  hub.on('alert', function deliver(alert) {
    if (preferences.levels[alert.level] > 1) preferences.channels.push(alert.text)
  })
}

app.get('/alerts/:user', async function alerts(req, res) {
  await subscribe(req.params.user)
  res.json({ user: req.params.user })
})

app.get('/status', function status(req, res) {
  res.json({ up: true })
})

app.get('/devices', async function devices(req, res) {
  const rows = Array.from({ length: 200 }, (_, i) => ({ device: `d${i}`, on: i % 3 === 0 }))
  await wait(2)
  res.json(rows.filter((row) => row.on).slice(0, 10))
})

app.get('/devices/:id', function device(req, res) {
  res.json({ id: req.params.id, firmware: '2.1' })
})

app.get('/graph', function graph(req, res) {
  res.json(Array.from({ length: 120 }, (_, i) => [i, Math.sin(i)]))
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
