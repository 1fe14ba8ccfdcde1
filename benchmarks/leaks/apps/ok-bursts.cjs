// Leaks nothing: traffic in bursts, and a job queue whose backlog rises and falls with them.
const express = require('express')

const app = express()
const backlog = []

setInterval(function drain() {
  for (const job of backlog.splice(0, 8)) job.done = true
}, 50)

app.post('/jobs', express.json(), function enqueue(req, res) {
  backlog.push({
    items: req.body.items,
    at: Date.now(),
    done: false,
    scratch: Array.from({ length: 40 }, () => 0.5),
  })
  res.status(202).json({ waiting: backlog.length })
})

app.get('/jobs', function jobs(req, res) {
  res.json({ waiting: backlog.length, first: backlog[0]?.at ?? null })
})

app.get('/reports/:id', async function report(req, res) {
  const rows = Array.from({ length: 200 }, (_, i) => ({ row: i, id: req.params.id }))
  await new Promise((resolve) => setTimeout(resolve, 4))
  res.json(rows.slice(0, 5))
})

app.get('/status', function status(req, res) {
  res.json({ ok: true })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
