// Koa: eight routes read through one repository. Two of their services keep the rows that it made:
// two leaks with the same allocation, after an await.
const { setTimeout: wait } = require('node:timers/promises')
const Router = require('@koa/router')
const Koa = require('koa')

const unpaid = []
const renewals = new Map()

const driver = {
  async query(table, id) {
    await wait(2)
    return Array.from({ length: 8 }, (_, i) => [`${table}-${id}-${i}`, i * 1.5, i % 2 === 0])
  },
}

class Repository {
  // leak in: GET /invoices/:id, GET /contracts/:id
  async find(table, id) {
    const records = await driver.query(table, id)
    await wait(1)
    // leak: GET /invoices/:id, GET /contracts/:id
    return records.map(([key, amount, open]) => ({ key: key.toUpperCase(), amount, open, table }))
  }
}
const repository = new Repository()

const services = {
  // leak in: GET /invoices/:id
  async invoices(id) {
    const rows = await repository.find('invoices', id)
    unpaid.push(rows) // leak, adds: GET /invoices/:id
    return rows
  },
  // leak in: GET /contracts/:id
  async contracts(id) {
    const rows = await repository.find('contracts', id)
    renewals.set(id, rows) // leak, adds: GET /contracts/:id
    return rows
  },
}
for (const table of ['customers', 'items', 'payments', 'reminders', 'suppliers', 'warehouses']) {
  services[table] = (id) => repository.find(table, id)
}

const app = new Koa()
const router = new Router()
app.use(async function authenticate(ctx, next) {
  await wait(1)
  await next()
})
for (const [table, find] of Object.entries(services)) {
  router.get(`/${table}/:id`, async function show(ctx) {
    const rows = await find(ctx.params.id)
    ctx.body = { rows: rows.length, first: rows[0] }
  })
}
app.use(router.routes())

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
