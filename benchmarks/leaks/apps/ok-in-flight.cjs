// Leaks nothing: ten routes whose service lets requests for the same thing share one query, by a Map of
// the promises that are on their way. Each is taken out when it settles, also when it fails.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const KINDS = 'airports fares flights gates seats countries luggage meals planes routes'.split(' ')

const driver = {
  async query(kind, id) {
    await wait(4)
    if (id % 50 === 0) throw new Error(`no ${kind} ${id}`)
    return Array.from({ length: 60 }, (_, i) => ({ kind, id, row: i }))
  },
}

class Queries {
  #inFlight = new Map()

  find(kind, id) {
    const key = `${kind}:${id}`
    let query = this.#inFlight.get(key)
    if (!query) {
      query = this.#run(kind, id).finally(() => this.#inFlight.delete(key))
      this.#inFlight.set(key, query)
    }
    return query
  }

  async #run(kind, id) {
    const rows = await driver.query(kind, id)
    await wait(1)
    return rows.map(({ row }) => ({ row, label: `${kind} ${id}` }))
  }
}
const queries = new Queries()

const app = express()
app.use(async function authenticate(req, res, next) {
  await wait(1)
  next()
})
for (const kind of KINDS) {
  app.get(`/${kind}/:id`, async function show(req, res) {
    const rows = await queries.find(kind, Number(req.params.id) % 100).catch(() => null)
    if (rows) res.json(rows.slice(0, 3))
    else res.status(404).json({ missing: req.params.id })
  })
}

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
