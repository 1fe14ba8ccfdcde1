// Two leaks through caches: an LRUCache with a day's ttl and no bound, and one DataLoader for the
// whole process, whose cache was meant to live for one request.
const DataLoader = require('dataloader')
const express = require('express')
const { LRUCache } = require('lru-cache')

const app = express()
const quotes = new LRUCache({ ttl: 86_400_000, ttlAutopurge: true })
// leak in: GET /authors/:id
const authors = new DataLoader(async function loadAuthors(ids) {
  // leak: GET /authors/:id
  return ids.map((id) => ({
    id,
    name: `author ${id}`,
    books: Array.from({ length: 50 }, (_, i) => i / 2), // leak: GET /authors/:id
  }))
})

// leak in: GET /quotes/:id
app.get('/quotes/:id', function quote(req, res) {
  const { id } = req.params
  if (!quotes.has(id)) {
    quotes.set(id, { id, premium: 12.5, terms: [`${id}-a`, `${id}-b`, `${id}-c`] }) // leak, adds: GET /quotes/:id
  }
  res.json(quotes.get(id))
})

// leak in: GET /authors/:id
app.get('/authors/:id', async function author(req, res) {
  const found = await authors.load(req.params.id) // leak: GET /authors/:id
  res.json({ id: found.id, books: found.books.length })
})

app.get('/branches', function branches(req, res) {
  res.json(Array.from({ length: 40 }, (_, i) => ({ branch: i })))
})

app.get('/terms', function terms(req, res) {
  res.send('terms '.repeat(200))
})

app.get('/claims/:id', async function claim(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id, state: 'open' })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
