// Leaks nothing: megabytes of transient garbage a request, some of it held across an await.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const app = express()

app.get('/exports/:id', async function exportAll(req, res) {
  const rows = Array.from({ length: 6000 }, (_, i) => ({ id: i, key: `${req.params.id}-${i}` }))
  await wait(5)
  res.json({ rows: rows.length })
})

app.get('/images/:id', async function image(req, res) {
  const pixels = Buffer.alloc(200_000, 7)
  await wait(3)
  res.json({ id: req.params.id, sum: pixels[0] + pixels.at(-1) })
})

app.get('/sorted', function sorted(req, res) {
  const numbers = Array.from({ length: 2000 }, (_, i) => (i * 7919) % 2003)
  res.json(numbers.toSorted((a, b) => a - b).slice(0, 5))
})

app.get('/text', function text(req, res) {
  let all = ''
  for (let i = 0; i < 2000; i++) all += `${i},`
  res.send(all.slice(-20))
})

app.get('/ping', function ping(req, res) {
  res.send('pong')
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
