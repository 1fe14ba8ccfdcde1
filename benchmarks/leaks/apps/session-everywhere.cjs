// express-session on all routes with saveUninitialized, and clients that bring no cookie: every
// request of every route is a session more in the MemoryStore.
const express = require('express')
const session = require('express-session')

const app = express()
const store = new session.MemoryStore()
app.use(session({ secret: 'corpus', resave: false, saveUninitialized: true, store })) // leak: shared

app.get('/', function home(req, res) {
  res.send('<h1>home</h1>')
})

app.get('/items', function items(req, res) {
  res.json(Array.from({ length: 50 }, (_, i) => ({ id: i, name: `item ${i}` })))
})

app.get('/items/:id', async function item(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id })
})

app.get('/robots.txt', function robots(req, res) {
  res.type('text').send('User-agent: *')
})

app.get('/search', function search(req, res) {
  const hits = Array.from({ length: 150 }, (_, i) => `${req.query.q}-${i}`)
  res.json(hits.filter((hit) => hit.endsWith('7')))
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
