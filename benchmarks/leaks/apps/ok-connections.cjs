// Leaks nothing: the number of keep-alive connections grows to ten times what it was, then stays;
// each has a small record of its own for as long as it is open.
const express = require('express')

const app = express()
const clients = new WeakMap()

app.use(function identify(req, res, next) {
  let client = clients.get(req.socket)
  if (!client) {
    client = { since: Date.now(), requests: 0, window: Array.from({ length: 600 }, () => 0) }
    clients.set(req.socket, client)
  }
  client.window[client.requests++ % 600] = Date.now()
  next()
})

app.get('/me', function me(req, res) {
  res.json({ requests: clients.get(req.socket).requests })
})

app.get('/rooms', function rooms(req, res) {
  res.json(Array.from({ length: 40 }, (_, i) => ({ room: i, people: i % 5 })))
})

app.get('/rooms/:id', async function room(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id, messages: Array.from({ length: 30 }, (_, i) => `message ${i}`) })
})

app.get('/emoji', function emoji(req, res) {
  res.json(['smile', 'wave'])
})

const server = app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
server.keepAliveTimeout = 120_000
