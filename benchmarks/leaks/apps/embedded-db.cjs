// Fastify over an embedded database: a service keeps the documents that it copied for one of five routes
// which all ask it.
const { setTimeout: wait } = require('node:timers/promises')
const Datastore = require('@seald-io/nedb')
const fastify = require('fastify')

const TENANTS = 60
const database = new Datastore()

const repository = {
  async find(tenant, kind) {
    await wait(1)
    return database.findAsync({ tenant: Number(tenant) % TENANTS, kind })
  },
}

class DocumentService {
  exported = []

  async list(tenant, kind) {
    const documents = await repository.find(tenant, kind)
    await wait(1)
    return documents
  }

  // leak in: GET /exports/:tenant
  async export(tenant) {
    const documents = await this.list(tenant, 'letter') // leak: GET /exports/:tenant
    this.exported.push({ tenant, documents }) // leak, adds: GET /exports/:tenant
    return documents
  }
}
const service = new DocumentService()

const app = fastify()
app.addHook('onRequest', async function authenticate() {
  await wait(1)
})
app.get('/exports/:tenant', async function exportAll(request) {
  const documents = await service.export(request.params.tenant)
  return { exported: documents.length }
})
for (const kind of ['letter', 'memo', 'report', 'ticket']) {
  app.get(`/${kind}s/:tenant`, async function list(request) {
    const documents = await service.list(request.params.tenant, kind)
    return { first: documents[0]?.title, all: documents.length }
  })
}

async function start() {
  await database.ensureIndexAsync({ fieldName: 'tenant' })
  for (const kind of ['letter', 'memo', 'report', 'ticket']) {
    const tenants = Array.from({ length: TENANTS * 4 }, (_, i) => i % TENANTS)
    await database.insertAsync(
      tenants.map((tenant, i) => ({ tenant, kind, title: `${kind} ${i}`, tags: ['a', 'b', i] })),
    )
  }
  await app.listen({ port: 0, host: '127.0.0.1' })
  console.log(`PORT ${app.server.address().port}`)
}
void start()
