// GraphQL on Fastify, parsed, validated and executed one by one: one mutation keeps each note as a draft,
// before anything is awaited; the queries beside it keep nothing.
const { setTimeout: wait } = require('node:timers/promises')
const fastify = require('fastify')
const { buildSchema, execute, parse, validate } = require('graphql')

const schema = buildSchema(`
  type Note { id: ID! words: [String!] }
  type Author { id: ID! }
  type Query { note(id: ID!): Note notes: [Note!]! authors: [Author!]! }
  type Mutation { addNote(id: ID!): Note }
`)
const drafts = []

function words(id) {
  return Array.from({ length: 12 }, (_, i) => `${id}-${i}`) // leak: operation mutation AddNote
}

const rootValue = {
  // leak in: operation mutation AddNote
  addNote({ id }) {
    const note = { id, words: words(id), at: Date.now() / 7 } // leak: operation mutation AddNote
    drafts.push(note) // leak, adds: operation mutation AddNote
    return note
  },
  async note({ id }) {
    await wait(2)
    return { id, words: Array.from({ length: 30 }, (_, i) => `word ${i}`) }
  },
  notes: () => Array.from({ length: 20 }, (_, id) => ({ id })),
  async authors() {
    await wait(1)
    return Array.from({ length: 10 }, (_, id) => ({ id }))
  },
}

const app = fastify()
app.addHook('onRequest', async function authenticate() {
  await wait(1)
})
app.post('/graphql', async function graphql(request) {
  const { query, variables: variableValues } = request.body
  const document = parse(query)
  const errors = validate(schema, document)
  return errors.length > 0
    ? { errors }
    : await execute({ schema, document, rootValue, variableValues })
})
app.get('/health', function health(request, reply) {
  reply.send({ ok: true })
})

app.listen({ host: '127.0.0.1', port: 0 }, () => {
  console.log(`PORT ${app.server.address().port}`)
})
