// Leaks nothing: counters by route and hour, a bounded set of recent ids, histograms that only count.
const express = require('express')
const { Counter, Histogram, Registry } = require('prom-client')

const app = express()
const register = new Registry()
const requests = new Counter({
  name: 'requests_total',
  help: 'Requests by route and status',
  labelNames: ['route', 'status'],
  registers: [register],
})
const seconds = new Histogram({ name: 'seconds', help: 'Durations', registers: [register] })
const recent = new Set()

app.use(function count(req, res, next) {
  const start = performance.now()
  res.once('finish', () => {
    requests.inc({ route: req.route?.path ?? 'none', status: res.statusCode })
    seconds.observe((performance.now() - start) / 1000)
  })
  next()
})

app.get('/metrics', async function metrics(req, res) {
  res.type('text').send(await register.metrics())
})

app.get('/tracks/:id', function track(req, res) {
  recent.add(req.params.id)
  if (recent.size > 2000) recent.delete(recent.values().next().value)
  res.json({ id: req.params.id, recent: recent.size })
})

app.get('/playlists', function playlists(req, res) {
  res.json(Array.from({ length: 45 }, (_, i) => ({ playlist: i, tracks: i * 9 })))
})

app.get('/playlists/:id', async function playlist(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
