// Plain http: what a request costs before any framework.
const http = require('node:http')
const { outermost } = require('./outermost.cjs')

function answer(req, res) {
  const body = JSON.stringify({ ok: true, method: req.method, url: req.url })
  res.setHeader('content-type', 'application/json')
  res.setHeader('content-length', Buffer.byteLength(body))
  res.end(body)
}

const server = http.createServer(
  outermost ? (req, res) => outermost(req, res, () => answer(req, res)) : answer,
)

server.listen(0, '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${server.address().port}`)
})
