// An ES module, Fastify: services of four routes tell a bus what was read, after an await; its listener
// builds an entry for each, and keeps those of one kind.
import { setTimeout as wait } from 'node:timers/promises'
import Emittery from 'emittery'
import fastify from 'fastify'

const bus = new Emittery()
const timeline = []

const repository = {
  async find(kind, id) {
    await wait(2)
    return { kind, id, fields: Array.from({ length: 30 }, (_, i) => `${kind} ${i}`) }
  },
}

const service = {
  async read(kind, id) {
    const found = await repository.find(kind, id)
    await bus.emit('read', { kind, id, size: found.fields.length })
    return found
  },
}

// leak in: GET /contracts/:id
bus.on('read', async function onRead({ kind, id, size }) {
  await wait(1)
  const entry = { kind, id, at: new Date(), weights: Array.from({ length: size * 3 }, () => 0.5) } // leak: GET /contracts/:id
  if (kind === 'contract') timeline.push(entry) // leak, adds: GET /contracts/:id
})

const app = fastify()
app.addHook('onRequest', async function authenticate() {
  await wait(1)
})
for (const kind of ['contract', 'tenant', 'flat', 'meter']) {
  app.get(`/${kind}s/:id`, async function show(request) {
    const { fields } = await service.read(kind, request.params.id)
    return { first: fields[0], fields: fields.length }
  })
}
app.get('/rents', async function rents() {
  await wait(2)
  return Array.from({ length: 40 }, (_, i) => ({ rent: i }))
})

await app.listen({ port: 0, host: '127.0.0.1' })
console.log(`PORT ${app.server.address().port}`)
