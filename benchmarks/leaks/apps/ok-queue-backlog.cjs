// Leaks nothing: Fastify, traffic in bursts, and a queue of four jobs at once that falls behind in each
// burst and catches up until the next. Requests are answered before their job is done.
const { setTimeout: wait } = require('node:timers/promises')
const fastify = require('fastify')
const fastq = require('fastq')

const store = {
  async save(mail) {
    await wait(25)
    return mail.lines.length
  },
}

let sent = 0
const queue = fastq.promise(async function send(mail) {
  sent += (await store.save(mail)) > 0 ? 1 : 0
}, 4)

const mailer = {
  async enqueue(to) {
    await wait(1)
    const lines = Array.from({ length: 150 }, (_, i) => `line ${i} to ${to}`)
    queue.push({ to, lines }).catch(console.error)
    return queue.length()
  },
}

const app = fastify()
app.addHook('onRequest', async function authenticate() {
  await wait(1)
})
app.post('/mails/:to', async function mail(request, reply) {
  reply.code(202)
  return { waiting: await mailer.enqueue(request.params.to) }
})
app.get('/mails', async () => ({ sent, waiting: queue.length() }))
app.get('/templates/:id', async function template(request) {
  await wait(2)
  return { id: request.params.id, text: 'x'.repeat(300) }
})
app.get('/recipients', async function recipients() {
  await wait(1)
  return Array.from({ length: 40 }, (_, i) => ({ recipient: i }))
})

app.listen({ port: 0, host: '127.0.0.1' }, () => {
  console.log(`PORT ${app.server.address().port}`)
})
