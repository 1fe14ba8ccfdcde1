// About 100 bytes a request: one small record in an array.
const express = require('express')

const app = express()
const visits = []

// leak in: GET /pages/:slug
app.get('/pages/:slug', function page(req, res) {
  // leak, adds: GET /pages/:slug
  visits.push({
    at: Date.now() / 3,
    length: req.url.length,
    next: null,
    previous: null,
    score: 0.5,
  })
  res.send(`<h1>${req.params.slug}</h1>`)
})

app.get('/menu', function menu(req, res) {
  res.json(Array.from({ length: 25 }, (_, i) => ({ entry: `page ${i}` })))
})

app.get('/comments/:slug', async function comments(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json(Array.from({ length: 60 }, (_, i) => ({ by: `reader ${i}`, text: 'x'.repeat(40) })))
})

app.get('/search', function search(req, res) {
  const hits = Array.from({ length: 300 }, (_, i) => `${req.query.q} ${i}`)
  res.json(hits.filter((hit) => hit.includes('9')).slice(0, 10))
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
