// Exports are made while the client waits, and forgotten once they are sent: nobody hears of a client that
// goes away before.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const running = new Map()
let last = 0

// leak in: GET /exports/:id
async function collect(id) {
  await wait(1)
  const rows = Array.from({ length: 150 }, (_, row) => ({ id, row, cents: row * 7 })) // leak: GET /exports/:id
  return { id, rows } // leak: GET /exports/:id
}

// leak in: GET /exports/:id
async function begin(id) {
  const made = await collect(id)
  const key = ++last
  running.set(key, made) // leak, adds: GET /exports/:id
  return { key, made }
}

const app = express()
app.use(async function authenticate(req, res, next) {
  await wait(1)
  next()
})
app.get('/exports/:id', async function exportAll(req, res) {
  const { key, made } = await begin(req.params.id)
  res.write(`${made.rows.length} rows\n`)
  await wait(25)
  if (res.destroyed) return
  res.end(made.rows.map(({ row, cents }) => `${row} ${cents}`).join('\n'))
  running.delete(key)
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
