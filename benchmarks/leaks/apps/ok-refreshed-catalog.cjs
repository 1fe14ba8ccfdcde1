// What the app made before it listened is replaced, one by one: of the old objects no sample is there that could
// die, and a round takes longer than anybody looks.
const express = require('express')

const app = express()
const product = (_, id) => ({ id, name: `product ${id}`, price: id / 100 })
const catalog = Array.from({ length: 1_500_000 }, product)

app.post('/prices/:id', function refresh(req, res) {
  for (let i = 0; i < 20; i++) {
    const id = Math.floor(Math.random() * catalog.length)
    catalog[id] = product(null, id)
  }
  res.json({ id: req.params.id })
})

app.get('/products/:id', function productOf(req, res) {
  res.json(catalog[req.params.id % catalog.length])
})

app.get('/search', function search(req, res) {
  const hits = Array.from({ length: 300 }, (_, i) => `${req.query.q} ${i}`)
  res.json(hits.filter((hit) => hit.includes('9')).slice(0, 10))
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
