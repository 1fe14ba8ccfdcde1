// Forty routes through one service, one repository and one audit log. The log writes an entry for every
// call, and of one service it keeps them: all routes share the functions that allocate, after awaits.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const NAMES = `
  accounts addresses agents alerts assets branches brands budgets carriers carts claims
  clients coupons currencies devices drivers events fees groups holidays images invoices
  labels ledgers members messages notes offers orders parcels plans prices quotes refunds
  regions shipments stores taxes teams vendors
`.match(/\w+/g)

const driver = {
  async query(table, id) {
    await wait(1)
    return Array.from({ length: 60 }, (_, i) => ({ row: `${table}-${id}-${i}`, cents: i * 99 }))
  },
}

const repository = {
  async find(table, id) {
    const rows = await driver.query(table, id)
    return rows.filter(({ cents }) => cents > 400)
  },
}

class AuditLog {
  entries = []
  keeps = new Set(['carts'])

  // leak in: GET /carts/:id
  async write(name, rows) {
    await wait(1)
    const entry = { name, at: Date.now(), text: JSON.stringify(rows) } // leak: GET /carts/:id
    if (this.keeps.has(name)) this.entries.push(entry) // leak, adds: GET /carts/:id
    return entry.text.length
  }
}
const auditLog = new AuditLog()

async function serve(name, id) {
  const rows = await repository.find(name, id)
  const size = await auditLog.write(name, rows)
  return { id, size, first: rows[0] }
}

const app = express()
app.use(async function authenticate(req, res, next) {
  await wait(1)
  next()
})
for (const name of NAMES) {
  app.get(`/${name}/:id`, async function show(req, res) {
    res.json(await serve(name, req.params.id))
  })
}

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
