// Clients go away, and what was begun for them is dropped when their connection closes, after a while.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const running = new Map()
let last = 0

async function collect(id) {
  await wait(1)
  return { id, rows: Array.from({ length: 150 }, (_, row) => ({ id, row })) }
}

const app = express()
app.get('/exports/:id', async function exportAll(req, res) {
  const key = ++last
  running.set(key, await collect(req.params.id))
  res.once('close', () => setTimeout(() => running.delete(key), 3000))
  await wait(25)
  res.end('done')
})
app.get('/previews/:id', async function preview(req, res) {
  const { rows } = await collect(req.params.id)
  res.json(rows.slice(0, 5))
})
app.get('/status', async function status(req, res) {
  await wait(1)
  res.json({ running: running.size })
})

const server = app.listen(0, '127.0.0.1', () => console.log(`PORT ${server.address().port}`))
