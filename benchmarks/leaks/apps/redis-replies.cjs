// A cache behind one socket: ioredis reads the replies of all requests in the socket's own turn, and a
// service keeps those of one route. The server it talks to is a few lines at the end.
const net = require('node:net')
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')
const Redis = require('ioredis')

let redis

const cache = {
  async read(kind, id) {
    await wait(1)
    return redis.get(`${kind}:${id}`)
  },
}

class BasketService {
  replies = []

  // leak in: GET /baskets/:id
  async find(id) {
    const reply = await cache.read('basket', id) // leak: GET /baskets/:id
    await wait(1)
    this.replies.push(reply) // leak, adds: GET /baskets/:id
    return JSON.parse(reply)
  }
}
const baskets = new BasketService()

const app = express()
app.use(async function authenticate(req, res, next) {
  await wait(1)
  next()
})
app.get('/baskets/:id', async function basket(req, res) {
  res.json((await baskets.find(req.params.id)).items[0])
})
for (const kind of ['customer', 'product', 'rating', 'stock', 'voucher']) {
  app.get(`/${kind}s/:id`, async function show(req, res) {
    const value = JSON.parse(await cache.read(kind, req.params.id))
    res.json({ key: value.key, items: value.items.length })
  })
}

// Commands of one argument, each answered with a text.
const GET = /\*2\r\n\$\d+\r\nget\r\n\$\d+\r\n(.*)\r\n/iy
const server = net.createServer(function connected(socket) {
  let text = ''
  socket.setEncoding('latin1').on('data', function received(part) {
    text += part
    let end = 0
    for (let command = GET.exec(text); command; command = GET.exec(text)) {
      end = GET.lastIndex
      const items = Array.from({ length: 90 }, (_, i) => i * 1001)
      const value = JSON.stringify({ key: command[1], items })
      socket.write(`$${value.length}\r\n${value}\r\n`)
    }
    text = text.slice(end)
    GET.lastIndex = 0
  })
})
server.listen(0, '127.0.0.1', function () {
  const { port } = this.address()
  redis = new Redis({ host: '127.0.0.1', port, enableReadyCheck: false, disableClientInfo: true })
  app.listen(0, '127.0.0.1', function () {
    console.log(`PORT ${this.address().port}`)
  })
})
