// Leaks nothing: an ES module, p-memoize over a cache of at most 2,500 entries that live 15 seconds.
import { setTimeout as wait } from 'node:timers/promises'
import express from 'express'
import { LRUCache } from 'lru-cache'
import pMemoize from 'p-memoize'

const app = express()
const cache = new LRUCache({ max: 2500, ttl: 15_000 })

async function loadWeather(city) {
  await wait(1)
  return { city, hours: Array.from({ length: 24 }, (_, i) => ({ hour: i, celsius: i / 2 })) }
}
const weatherMemoized = pMemoize(loadWeather, { cache })

app.get('/weather/:city', async (req, res) => {
  const { city, hours } = await weatherMemoized(req.params.city)
  res.json({ city, noon: hours[12] })
})

app.get('/cities', (req, res) => {
  res.json(Array.from({ length: 80 }, (_, i) => `city ${i}`))
})

app.get('/alerts', async (req, res) => {
  await wait(2)
  res.json([])
})

app.get('/maps/:zoom', (req, res) => {
  res.json({ zoom: req.params.zoom, tiles: Array.from({ length: 90 }, (_, i) => [i % 9, i % 10]) })
})

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`PORT ${server.address().port}`)
})
