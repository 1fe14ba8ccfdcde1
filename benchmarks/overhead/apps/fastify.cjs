// Fastify with four hooks and two routes; the load asks for the second.
const fastify = require('fastify')
const { outermost } = require('./outermost.cjs')

const app = fastify()
if (outermost) {
  app.addHook('onRequest', (request, reply, done) => outermost(request.raw, reply.raw, done))
}
app.addHook('onRequest', (request, reply, done) => {
  reply.header('x-request-id', Math.random().toString(36).slice(2))
  done()
})
app.addHook('onRequest', (request, reply, done) => {
  request.startedAt = Date.now()
  done()
})
app.addHook('preHandler', (request, reply, done) => {
  request.user = { id: 1, name: 'Ada' }
  done()
})
app.get('/other/:id', (request, reply) => reply.send({ id: request.params.id }))
app.get('/items/:id', function showItem(request, reply) {
  reply.send({ id: request.params.id, user: request.user.name, at: request.startedAt })
})

app.listen({ port: 0, host: '127.0.0.1' }, () => {
  console.log(`listens on http://127.0.0.1:${app.server.address().port}`)
})
