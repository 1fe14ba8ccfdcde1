// prom-client with a label of unbounded cardinality (the customer's id), counted in a finish listener.
const express = require('express')
const { Counter, Registry } = require('prom-client')

const app = express()
const register = new Registry()
const perCustomer = new Counter({
  name: 'customer_requests_total',
  help: 'Requests by customer',
  labelNames: ['method', 'status', 'customer'],
  registers: [register],
})

app.get('/customers/:id', function customer(req, res) {
  // leak in: GET /customers/:id
  res.once('finish', function count() {
    perCustomer.inc({ method: req.method, status: res.statusCode, customer: req.params.id }) // leak, adds: GET /customers/:id
  })
  res.json({ id: req.params.id, tier: 'gold' })
})

app.get('/plans', function plans(req, res) {
  res.json(Array.from({ length: 60 }, (_, i) => ({ plan: i, cents: i * 500 })))
})

app.get('/plans/:plan', async function plan(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 1))
  res.json({ plan: req.params.plan })
})

app.get('/version', function version(req, res) {
  res.json({ version: '1.0.0', node: process.version })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
