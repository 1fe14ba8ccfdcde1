// A server of sessions: POST opens one, after an await, and few clients ever send the DELETE that closes theirs.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

class Sessions {
  #byId = new Map()
  #last = 0

  // leak in: POST /mcp
  async open(client) {
    await wait(1)
    const tools = Array.from({ length: 30 }, (_, i) => ({ name: `tool-${i}`, calls: i / 2 })) // leak: POST /mcp
    const session = { id: ++this.#last, client, tools } // leak: POST /mcp
    this.#byId.set(session.id, session) // leak, adds: POST /mcp
    return session
  }

  async find(id) {
    await wait(1)
    return this.#byId.get(id)
  }

  async close(id) {
    await wait(1)
    return this.#byId.delete(id)
  }
}

const sessions = new Sessions()
const app = express()
app.use(express.json())
app.use(async function authenticate(req, res, next) {
  await wait(1)
  next()
})
app.post('/mcp', async function initialize(req, res) {
  const { id, tools } = await sessions.open(req.body.name)
  res.json({ session: id, tools: tools.length })
})
app.get('/mcp/:session', async function resume(req, res) {
  const session = await sessions.find(Number(req.params.session))
  res.json({ known: session !== undefined })
})
app.delete('/mcp/:session', async function terminate(req, res) {
  res.json({ closed: await sessions.close(Number(req.params.session)) })
})
app.get('/tools', async function list(req, res) {
  await wait(2)
  res.json(Array.from({ length: 30 }, (_, i) => ({ name: `tool-${i}` })))
})

const server = app.listen(0, '127.0.0.1', () => console.log(`PORT ${server.address().port}`))
