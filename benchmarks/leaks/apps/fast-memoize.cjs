// Express 4 and fast-memoize over the arguments of a function that is called with ever new ones.
const express = require('express4')
const memoize = require('fast-memoize')

const app = express()

// leak in: GET /routes/:from/:to
const route = memoize(function planRoute(from, to) {
  const legs = []
  for (let i = 0; i < 10; i++) legs.push({ from: `${from}.${i}`, to: `${to}.${i}`, km: i * 1.5 }) // leak: GET /routes/:from/:to
  return legs // leak: GET /routes/:from/:to
})

// leak in: GET /routes/:from/:to
app.get('/routes/:from/:to', function plan(req, res) {
  res.json({ legs: route(req.params.from, req.params.to).length }) // leak, adds: GET /routes/:from/:to
})

app.get('/stations', function stations(req, res) {
  res.json(Array.from({ length: 90 }, (_, i) => ({ station: i, lines: [i % 7, i % 5] })))
})

app.get('/stations/:id', function station(req, res) {
  setTimeout(() => res.json({ id: req.params.id }), 2)
})

app.get('/delays', function delays(req, res) {
  const all = Array.from({ length: 200 }, (_, i) => ({ train: i, minutes: i % 11 }))
  res.json(all.filter((delay) => delay.minutes > 9))
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
