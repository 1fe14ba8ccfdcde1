// A quarter of a gigabyte lives from the start. One route keeps 2.5 kB per request, in a helper that allocates
// after an await of its own.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const app = express()
const product = (_, id) => ({ id, name: `product ${id}`, price: id % 100 })
const catalog = Array.from({ length: 2_000_000 }, product)
const trail = []

// leak in: GET /exports/:id
async function note(id) {
  await wait(1)
  const rows = Array.from({ length: 60 }, (_, i) => id + i)
  // leak, adds: GET /exports/:id
  trail.push(rows)
}

app.get('/exports/:id', async function exportOf(req, res) {
  await note(req.params.id)
  res.send('exported')
})

app.post('/prices/:id', async function price(req, res) {
  await wait(1)
  catalog[req.params.id % catalog.length].price++
  res.json({ id: req.params.id })
})

app.get('/products/:id', function productOf(req, res) {
  res.json({ id: req.params.id, name: catalog[7].name })
})

app.get('/search', function search(req, res) {
  const hits = Array.from({ length: 300 }, (_, i) => `${req.query.q} ${i}`)
  res.json(hits.filter((hit) => hit.includes('9')).slice(0, 10))
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
