// Leaks nothing: node-cache with a ttl of 10 seconds, swept every 2.
const express = require('express')
const NodeCache = require('node-cache')

const app = express()
const cache = new NodeCache({ stdTTL: 10, checkperiod: 2, useClones: false })

app.get('/exchange/:pair', async function exchange(req, res) {
  const { pair } = req.params
  let rate = cache.get(pair)
  if (rate === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 2))
    rate = { pair, points: Array.from({ length: 40 }, (_, i) => i / 3) }
    cache.set(pair, rate)
  }
  res.json({ pair, last: rate.points.at(-1) })
})

app.get('/currencies', function currencies(req, res) {
  res.json(Array.from({ length: 70 }, (_, i) => ({ code: `c${i}` })))
})

app.get('/fees', function fees(req, res) {
  res.json({ percent: 0.5 })
})

app.get('/history/:pair', function history(req, res) {
  const days = Array.from({ length: 365 }, (_, i) => ({ day: i, close: i * 0.01 }))
  res.json(days.slice(-7))
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
