// An ES module: p-memoize with its default cache, an unbounded Map, keyed by the whole query.
import { setTimeout as wait } from 'node:timers/promises'
import express from 'express'
import pMemoize from 'p-memoize'

const app = express()
const cache = new Map()

// leak in: GET /offers
async function rankOffers(query) {
  await wait(2)
  return Array.from({ length: 12 }, (_, i) => ({ offer: `${query.user}/${i}`, score: i / 3 })) // leak: GET /offers
}
const rankMemoized = pMemoize(rankOffers, { cache, cacheKey: JSON.stringify }) // leak: GET /offers

app.get('/offers', async (req, res) => {
  // adds: GET /offers
  const offers = await rankMemoized({ user: req.query.user })
  res.json(offers.slice(0, 3))
})

app.get('/offers/:id', (req, res) => {
  res.json({ id: req.params.id, terms: Array.from({ length: 30 }, (_, i) => `term ${i}`) })
})

app.get('/shops', async (req, res) => {
  await wait(1)
  res.json(Array.from({ length: 80 }, (_, i) => ({ shop: i, open: i % 2 === 0 })))
})

app.get('/healthz', (req, res) => {
  res.send('ok')
})

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`PORT ${server.address().port}`)
})
