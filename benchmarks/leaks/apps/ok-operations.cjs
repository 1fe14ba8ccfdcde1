// Leaks nothing: GraphQL operations; one looks words up through a cache that is full after 400 of them, one
// keeps the last 100 that were looked at.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')
const { buildSchema, graphql } = require('graphql')
const { LRUCache } = require('lru-cache')

const schema = buildSchema(`
  type Word { id: ID! text: String }
  type Query { word(id: ID!): Word recent: [Word!]! }
  type Mutation { look(id: ID!): Word }
`)
const cache = new LRUCache({ max: 400 })
const recent = []

const rootValue = {
  async word({ id }) {
    const key = Number(id) % 5000
    let word = cache.get(key)
    if (!word) {
      await wait(2)
      word = { id, text: `${id} `.repeat(20) }
      cache.set(key, word)
    }
    return word
  },
  recent: () => recent.slice(0, 10),
  async look({ id }) {
    await wait(1)
    recent.unshift({ id, at: Date.now() / 3 })
    recent.length = Math.min(recent.length, 100)
    return { id }
  },
}

const app = express()
app.post('/graphql', express.json(), async function query(req, res) {
  const { query: source, variables: variableValues } = req.body
  res.json(await graphql({ schema, source, rootValue, variableValues }))
})
app.get('/health', function health(req, res) {
  res.json({ ok: true })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
