// What could not be imported is to be tried again one day, and never is.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const later = []

async function check({ name, items }) {
  await wait(2)
  if (name.endsWith('7')) throw new Error('no such supplier')
  return items.length
}

// leak in: POST /imports
async function putOff(error, body) {
  await wait(1)
  const lines = Array.from({ length: 120 }, (_, line) => ({ line, of: body.name })) // leak: POST /imports
  later.push({ error, body, lines }) // leak, adds: POST /imports
}

const app = express()
app.use(express.json())
app.post('/imports', async function importAll(req, res) {
  try {
    res.status(201).json({ items: await check(req.body) })
  } catch (error) {
    await putOff(error, req.body)
    res.status(500).json({ error: error.message })
  }
})
app.get('/imports/:id', async function show(req, res) {
  await wait(2)
  res.json({ id: req.params.id, waiting: later.length })
})
app.get('/suppliers', async function list(req, res) {
  await wait(1)
  res.json(Array.from({ length: 40 }, (_, id) => ({ id, name: `supplier ${id}` })))
})

const server = app.listen(0, '127.0.0.1', () => console.log(`PORT ${server.address().port}`))
