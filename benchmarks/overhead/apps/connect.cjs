// Connect with five middlewares; the load asks for the last.
const connect = require('connect')
const http = require('node:http')
const { outermost } = require('./outermost.cjs')

const app = connect()

if (outermost) app.use(outermost)
app.use(function requestId(req, res, next) {
  res.setHeader('x-request-id', Math.random().toString(36).slice(2))
  next()
})
app.use(function timing(req, res, next) {
  req.startedAt = Date.now()
  next()
})
app.use(function user(req, res, next) {
  req.user = { id: 1, name: 'Ada' }
  next()
})
app.use('/other', function other(req, res) {
  res.end('other')
})
app.use('/items', function showItem(req, res) {
  const body = JSON.stringify({ url: req.url, user: req.user.name, at: req.startedAt })
  res.setHeader('content-type', 'application/json')
  res.setHeader('content-length', Buffer.byteLength(body))
  res.end(body)
})

const server = http.createServer(app).listen(0, '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${server.address().port}`)
})
