// A driver of the older kind: one socket for all, answers told apart by number, a callback for each. It
// runs in the socket's turn, where nothing leads back to the request, and keeps what it made.
const net = require('node:net')
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const journal = []

const driver = {
  pending: new Map(),
  last: 0,
  connect(port) {
    let text = ''
    this.socket = net.connect(port, '127.0.0.1').setEncoding('utf8')
    this.socket.on('data', (part) => {
      const lines = (text + part).split('\n')
      text = lines.pop()
      for (const line of lines) {
        const [number, cents] = line.split(' ')
        this.pending.get(Number(number))(null, Number(cents))
        this.pending.delete(Number(number))
      }
    })
  },
  query(key, done) {
    this.pending.set(++this.last, done)
    this.socket.write(`${this.last} ${key}\n`)
  },
}

const repository = {
  // leak in: GET /balances/:id
  balance(id) {
    return new Promise(function ask(resolve, reject) {
      // leak in: GET /balances/:id
      driver.query(`balance-${id}`, function answered(error, cents) {
        if (error) return reject(error)
        const parts = Array.from({ length: 60 }, (_, i) => cents / (i + 1)) // leak: GET /balances/:id
        journal.push({ id, parts }) // leak, adds: GET /balances/:id
        resolve(parts[0])
      })
    })
  },
  value(kind, id) {
    return new Promise(function ask(resolve, reject) {
      driver.query(`${kind}-${id}`, (error, cents) => (error ? reject(error) : resolve(cents)))
    })
  },
}

const app = express()
app.use(async function authenticate(req, res, next) {
  await wait(1)
  next()
})
app.get('/balances/:id', async function balance(req, res) {
  res.json({ cents: await repository.balance(req.params.id) })
})
for (const kind of ['fee', 'limit', 'rate', 'reserve', 'target']) {
  app.get(`/${kind}s/:id`, async function show(req, res) {
    res.json({ [kind]: await repository.value(kind, req.params.id) })
  })
}

const server = net.createServer(function connected(socket) {
  let text = ''
  socket.setEncoding('utf8').on('data', function received(part) {
    const lines = (text + part).split('\n')
    text = lines.pop()
    for (const line of lines) socket.write(`${line.split(' ')[0]} ${line.length}\n`)
  })
})
server.listen(0, '127.0.0.1', function () {
  driver.connect(this.address().port)
  app.listen(0, '127.0.0.1', function () {
    console.log(`PORT ${this.address().port}`)
  })
})
