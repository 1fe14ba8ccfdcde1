// Express 5 with five middlewares and ten routes; the load asks for the last.
const express = require('express')

const app = express()

app.use(function requestId(req, res, next) {
  res.setHeader('x-request-id', Math.random().toString(36).slice(2))
  next()
})
app.use(function timing(req, res, next) {
  req.startedAt = Date.now()
  next()
})
app.use(express.json())
app.use(express.urlencoded({ extended: false }))
app.use(function user(req, res, next) {
  req.user = { id: 1, name: 'Ada' }
  next()
})

for (let i = 0; i < 9; i++) {
  app.get(`/other${i}/:id`, (req, res) => {
    res.json({ id: req.params.id })
  })
}

app.get('/items/:id', function showItem(req, res) {
  res.json({ id: req.params.id, user: req.user.name, at: req.startedAt })
})

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${server.address().port}`)
})
