// Fastify: every request leaves a note in a buffer, and a timer turns the notes of all into entries of a
// list that nobody empties. What stays is allocated in the timer's turn; all routes pay.
const { setTimeout: wait } = require('node:timers/promises')
const fastify = require('fastify')

const archive = []

class AccessLog {
  #buffer = []

  async note(route, ms) {
    await wait(1)
    this.#buffer.push([route, ms])
  }

  // leak in: shared
  flush() {
    const notes = this.#buffer
    this.#buffer = []
    archive.push(...notes.map(([route, ms]) => ({ route, ms, at: new Date(), tags: tagsOf(ms) }))) // leak, adds: shared
  }
}
const accessLog = new AccessLog()
setInterval(() => accessLog.flush(), 200)

// leak in: shared
function tagsOf(ms) {
  return Array.from({ length: 30 }, (_, i) => ms / (i + 1)) // leak: shared
}

const repository = {
  async find(kind, id) {
    await wait(2)
    return { kind, id, parts: Array.from({ length: 20 }, (_, i) => i) }
  },
}

const app = fastify()
app.addHook('onRequest', async function authenticate() {
  await wait(1)
})
app.addHook('onResponse', async function note(request, reply) {
  await accessLog.note(request.routeOptions.url, reply.elapsedTime)
})
for (const kind of ['album', 'artist', 'playlist', 'track', 'genre', 'label']) {
  app.get(`/${kind}s/:id`, async function show(request) {
    return repository.find(kind, request.params.id)
  })
}

app.listen({ port: 0, host: '127.0.0.1' }, () => {
  console.log(`PORT ${app.server.address().port}`)
})
