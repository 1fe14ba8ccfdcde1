// An undici Pool per webhook target, kept for its statistics, never closed.
const express = require('express')
const { Pool } = require('undici')

const app = express()
const pools = new Map()

// leak in: GET /webhooks/:target
function poolFor(target) {
  let pool = pools.get(target)
  if (!pool) {
    pool = new Pool(`http://${target}.example`, { connections: 2 }) // leak: GET /webhooks/:target
    pools.set(target, pool) // leak, adds: GET /webhooks/:target
  }
  return pool
}

app.get('/webhooks/:target', function webhook(req, res) {
  res.json({ target: req.params.target, connected: poolFor(req.params.target).stats.connected })
})

app.get('/events', function events(req, res) {
  res.json(Array.from({ length: 60 }, (_, i) => ({ event: i, type: 'push' })))
})

app.get('/events/:id', async function event(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id, payload: 'x'.repeat(300) })
})

app.get('/secrets', function secrets(req, res) {
  res.json({ rotated: true })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
