// Leaks nothing: an lru-cache of 3,600 entries that takes about 20 seconds of traffic to fill.
const express = require('express')
const { LRUCache } = require('lru-cache')

const app = express()
const profiles = new LRUCache({ max: 3600 })

app.get('/profiles/:id', function profile(req, res) {
  const { id } = req.params
  let found = profiles.get(id)
  if (!found) {
    found = { id, name: `profile ${id}`, scores: Array.from({ length: 150 }, (_, i) => i / 2) }
    profiles.set(id, found)
  }
  res.json({ id, name: found.name })
})

app.get('/groups', function groups(req, res) {
  res.json(Array.from({ length: 60 }, (_, i) => ({ group: i, members: i * 3 })))
})

app.get('/groups/:id', async function group(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id })
})

app.get('/invites', function invites(req, res) {
  res.json({ open: 3 })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
