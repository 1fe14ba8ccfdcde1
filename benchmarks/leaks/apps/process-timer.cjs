// Grows without requests: a timer samples the process into an array that nobody trims.
const express = require('express')

const app = express()
const history = []

// leak in: process
setInterval(function sample() {
  const usage = process.resourceUsage()
  const row = Array.from({ length: 1500 }, (_, i) => usage.userCPUTime / (i + 1)) // leak: process
  history.push({ at: Date.now(), row }) // leak, adds: process
}, 100)

app.get('/metrics', function metrics(req, res) {
  res.json({ samples: history.length, last: history.at(-1)?.row[0] })
})

app.get('/jobs', async function jobs(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json(Array.from({ length: 40 }, (_, i) => ({ job: i, state: 'done' })))
})

app.get('/jobs/:id', function job(req, res) {
  res.json({ id: req.params.id, log: Array.from({ length: 100 }, (_, i) => `line ${i}`) })
})

app.get('/queues', function queues(req, res) {
  res.json({ mail: 0, thumbnails: 3 })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
