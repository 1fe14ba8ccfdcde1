// A rare route, one request in 200: winston.loggers.get() keeps a logger for every name it is given.
const express = require('express')
const winston = require('winston')

const app = express()

// leak in: GET /admin/jobs/:id
app.get('/admin/jobs/:id', function adminJob(req, res) {
  const log = winston.loggers.get(`job-${req.params.id}`, { silent: true, transports: [] }) // leak, adds: GET /admin/jobs/:id
  log.info('looked at')
  res.json({ id: req.params.id, state: 'queued' })
})

app.get('/jobs', function jobs(req, res) {
  res.json(Array.from({ length: 50 }, (_, i) => ({ job: i, state: 'done' })))
})

app.get('/jobs/:id', async function job(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id })
})

app.get('/workers', function workers(req, res) {
  res.json(Array.from({ length: 20 }, (_, i) => ({ worker: i, load: i / 20 })))
})

app.get('/health', function health(req, res) {
  res.json({ ok: true })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
