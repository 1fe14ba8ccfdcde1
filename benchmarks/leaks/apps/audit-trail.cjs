// The worked example: one route keeps about 1,300 bytes of every request, in a Map by request number.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const app = express()
const trail = new Map()
let served = 0

app.use(express.json())

app.get('/health', function health(req, res) {
  res.json({ ok: true, served })
})

app.get('/products/:id', async function product(req, res) {
  await wait(2)
  const related = Array.from({ length: 60 }, (_, i) => ({ id: Number(req.params.id) + i, rank: i }))
  res.json({ id: req.params.id, related: related.filter((item) => item.rank % 3 === 0) })
})

app.get('/search', function search(req, res) {
  const words = String(req.query.q).split('-')
  const hits = []
  for (let i = 0; i < 200; i++) hits.push({ word: words[i % words.length], score: i * 7 })
  res.json(hits.slice(0, 10))
})

// leak in: GET /orders/:id
app.get('/orders/:id', function order(req, res) {
  served++
  const steps = Array.from({ length: 136 }, (_, i) => i + served) // leak: GET /orders/:id
  trail.set(served, { id: req.params.id, at: Date.now(), state: 'read', steps }) // leak, adds: GET /orders/:id
  res.json({ id: req.params.id, lines: 3 })
})

app.post('/carts', function cart(req, res) {
  res.status(201).json({ items: req.body.items.length })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
