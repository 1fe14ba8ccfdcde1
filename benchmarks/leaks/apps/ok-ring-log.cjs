// Leaks nothing: Connect, and a log of the last 12,000 requests in a ring, full after some 17 seconds.
const connect = require('connect')

const app = connect()
const ring = Array.from({ length: 12_000 }, () => null)
let written = 0

function json(res, value) {
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify(value))
}

app.use(function remember(req, res, next) {
  ring[written++ % ring.length] = {
    url: req.url,
    at: Date.now() / 3,
    line: `${req.method} #${written}`,
  }
  next()
})

app.use('/tail', function tail(req, res) {
  json(res, { last: ring[(written - 1) % ring.length].line })
})

app.use('/stats', function stats(req, res) {
  json(res, { written, hours: Array.from({ length: 24 }, (_, i) => i * 2) })
})

app.use('/slow', function slow(req, res) {
  setTimeout(() => json(res, { slow: true }), 3)
})

app.use('/ping', function ping(req, res) {
  res.end('pong')
})

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`PORT ${server.address().port}`)
})
