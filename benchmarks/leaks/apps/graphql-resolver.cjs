// GraphQL over HTTP: half of the queries ask for an order, whose resolver remembers the lines that it
// computed; the other half, and the routes beside it, keep nothing.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')
const { buildSchema, graphql } = require('graphql')

const schema = buildSchema(`
  type Line { sku: String! cents: Float! }
  type Order { id: ID! lines: [Line!]! }
  type Product { id: ID! name: String! }
  type Query { order(id: ID!): Order product(id: ID!): Product }
`)
const remembered = new Map()

const repository = {
  async orderLines(id) {
    await wait(2)
    return Array.from({ length: 16 }, (_, i) => Number(id) + i)
  },
  async product(id) {
    await wait(1)
    return { id, name: `product ${id}` }
  },
}

class OrderService {
  // leak in: operation query {order}
  async find(id) {
    const numbers = await repository.orderLines(id)
    await wait(1)
    const order = { id, lines: numbers.map((n, i) => ({ sku: n.toString(36), cents: i * 9.5 })) } // leak: operation query {order}
    remembered.set(id, order) // leak, adds: operation query {order}
    return order
  }
}
const orders = new OrderService()
const rootValue = {
  order: ({ id }) => orders.find(id),
  product: ({ id }) => repository.product(id),
}

const app = express()
app.use(async function authenticate(req, res, next) {
  await wait(1)
  next()
})
app.post('/graphql', express.json(), async function query(req, res) {
  const { query: source, variables: variableValues } = req.body
  res.json(await graphql({ schema, source, rootValue, variableValues }))
})
app.get('/orders/:id', async function order(req, res) {
  res.json({ id: req.params.id, lines: await repository.orderLines(req.params.id) })
})
app.get('/products/:id', async function product(req, res) {
  res.json(await repository.product(req.params.id))
})
app.get('/health', function health(req, res) {
  res.json({ ok: true })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
