// Express 4: a middleware on all routes that remembers every request "for the dashboard".
const express = require('express4')

const app = express()
const recent = []

// leak in: shared
app.use(function remember(req, res, next) {
  // leak, adds: shared
  recent.push({
    url: req.url,
    method: req.method,
    at: Date.now() / 7, // leak: shared
    agent: `${req.method} ${recent.length} from ${req.ip}`, // leak: shared
  })
  next()
})
app.use(express.json())

app.get('/users', function users(req, res) {
  res.json(Array.from({ length: 40 }, (_, i) => ({ id: i, name: `user ${i}` })))
})

app.get('/users/:id', function user(req, res) {
  setTimeout(() => res.json({ id: req.params.id }), 2)
})

app.post('/users', function create(req, res) {
  res.status(201).json({ name: req.body.name })
})

app.get('/roles', function roles(req, res) {
  res.json(['reader', 'writer', 'owner'])
})

app.get('/dashboard', function dashboard(req, res) {
  res.json({ last: recent.slice(-10).map((entry) => entry.url) })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
