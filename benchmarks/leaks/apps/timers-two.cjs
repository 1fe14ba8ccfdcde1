// Two leaks through timers: an interval per request that nobody clears, and timeouts an hour away.
const express = require('express')

const app = express()

// leak in: GET /watch/:id
app.get('/watch/:id', function watch(req, res) {
  const state = { id: req.params.id, samples: Array.from({ length: 64 }, () => 0.5), polls: 0 } // leak: GET /watch/:id
  // leak: GET /watch/:id
  setInterval(() => {
    state.polls++
  }, 45_000)
  res.json({ watching: state.id })
})

// leak in: GET /carts/:id
app.get('/carts/:id', async function cart(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 1))
  const held = { id: req.params.id, prices: Array.from({ length: 150 }, (_, i) => i * 1.1) } // leak: GET /carts/:id
  // leak: GET /carts/:id
  setTimeout(() => {
    held.prices.length = 0
  }, 3_600_000)
  res.json({ id: held.id, lines: held.prices.length })
})

app.get('/ping', function ping(req, res) {
  res.send('pong')
})

app.get('/catalog', function catalog(req, res) {
  res.json(Array.from({ length: 90 }, (_, i) => ({ id: i, title: `book ${i}` })))
})

app.get('/quotes/:symbol', async function quote(req, res) {
  const timer = setTimeout(() => res.destroy(), 5000)
  await new Promise((resolve) => setTimeout(resolve, 3))
  clearTimeout(timer)
  res.json({ symbol: req.params.symbol, price: 101.5 })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
