// A listener per request on a bus that outlives it. The closure keeps the whole request.
const { EventEmitter } = require('node:events')
const express = require('express')

const app = express()
const bus = new EventEmitter()
bus.setMaxListeners(0)

// leak in: GET /news/:topic
app.get('/news/:topic', function news(req, res) {
  const seen = []
  // leak, adds: GET /news/:topic
  bus.on('news', (item) => {
    if (item.topic === req.params.topic) seen.push(item)
  })
  res.json({ topic: req.params.topic, seen: seen.length })
})

app.get('/topics', function topics(req, res) {
  res.json(Array.from({ length: 30 }, (_, i) => ({ topic: `t${i}`, readers: i * 4 })))
})

app.get('/authors/:id', async function author(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id, articles: Array.from({ length: 25 }, (_, i) => i) })
})

app.get('/weather', function weather(req, res) {
  const hours = Array.from({ length: 240 }, (_, i) => ({ hour: i, celsius: (i % 24) - 4 }))
  res.json({ mean: hours.reduce((sum, hour) => sum + hour.celsius, 0) / hours.length })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
