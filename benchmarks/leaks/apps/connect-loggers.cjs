// Connect, and a pino child logger per request kept by its id "to find it again".
const connect = require('connect')
const pino = require('pino')

const app = connect()
const log = pino({ level: 'silent' })
const loggers = new Map()
let requests = 0

function json(res, value) {
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify(value))
}

// leak in: GET /checkout
app.use('/checkout', function checkout(req, res) {
  const requestId = `r-${++requests}`
  const child = log.child({ requestId, url: req.url, agent: req.headers['user-agent'] ?? 'none' }) // leak: GET /checkout
  loggers.set(requestId, child) // leak, adds: GET /checkout
  child.info('checkout')
  json(res, { requestId })
})

app.use('/basket', function basket(req, res) {
  setTimeout(() => json(res, { lines: Array.from({ length: 20 }, (_, i) => i) }), 2)
})

app.use('/products', function products(req, res) {
  json(
    res,
    Array.from({ length: 70 }, (_, i) => ({ id: i, name: `product ${i}` })),
  )
})

app.use('/ping', function ping(req, res) {
  res.end('pong')
})

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`PORT ${server.address().port}`)
})
