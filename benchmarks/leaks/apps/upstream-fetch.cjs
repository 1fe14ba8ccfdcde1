// Fastify in front of another server, here in a thread: of one route the responses are kept whole, as fetch
// made them.
const { setTimeout: wait } = require('node:timers/promises')
const { Worker } = require('node:worker_threads')
const fastify = require('fastify')

const UPSTREAM = `
  const server = require('node:http').createServer(function answer(req, res) {
    const rates = Array.from({ length: 30 }, (_, i) => i / 8)
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ url: req.url, rates }))
  })
  server.listen(0, '127.0.0.1', () => {
    require('node:worker_threads').parentPort.postMessage(server.address().port)
  })
`

const client = {
  origin: '',
  async get(path) {
    await wait(1)
    return fetch(this.origin + path)
  },
}

class RateService {
  responses = []

  // leak in: GET /rates/:pair
  async find(pair) {
    const response = await client.get(`/rates/${pair}`) // leak: GET /rates/:pair
    const body = await response.json() // leak: GET /rates/:pair
    this.responses.push({ pair, response }) // leak, adds: GET /rates/:pair
    return body.rates
  }
}
const rates = new RateService()

const app = fastify()
app.addHook('onRequest', async function authenticate() {
  await wait(1)
})
app.get('/rates/:pair', async function rate(request) {
  const found = await rates.find(request.params.pair)
  return { bid: found[0], ask: found[1] }
})
for (const name of ['banks', 'countries', 'weather']) {
  app.get(`/${name}/:id`, async function show(request) {
    const response = await client.get(`/${name}/${request.params.id}`)
    return { of: name, size: (await response.text()).length }
  })
}
app.get('/health', async () => ({ ok: true }))

// Another server: memprof is not loaded into its thread.
new Worker(UPSTREAM, { eval: true, execArgv: [] }).once('message', function listens(port) {
  client.origin = `http://127.0.0.1:${port}`
  app.listen({ port: 0, host: '127.0.0.1' }, () => {
    console.log(`PORT ${app.server.address().port}`)
  })
})
