// No framework at all: a switch over the path, and an index that keeps every item it was asked for.
const http = require('node:http')

const index = Object.create(null)
let lookups = 0

// leak in: GET /v1/items/:id
function lookUp(id) {
  const item = { id, number: ++lookups, words: Array.from({ length: 24 }, (_, i) => `${id}-${i}`) } // leak: GET /v1/items/:id
  index[`${id}#${lookups}`] = item // leak, adds: GET /v1/items/:id
  return item
}

function sendJson(res, value) {
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify(value))
}

const server = http.createServer(function onRequest(req, res) {
  const [path] = req.url.split('?')
  if (path.startsWith('/v1/items/')) return sendJson(res, lookUp(path.slice(10)))
  if (path === '/v1/items') {
    return sendJson(
      res,
      Array.from({ length: 80 }, (_, i) => ({ id: i, href: `/v1/items/${i}` })),
    )
  }
  if (path === '/v1/status') return sendJson(res, { lookups })
  if (path.startsWith('/v1/users/')) {
    setTimeout(() => sendJson(res, { id: path.slice(10), groups: ['a', 'b'] }), 2)
    return
  }
  res.statusCode = 404
  res.end()
})

server.listen(0, '127.0.0.1', () => {
  console.log(`PORT ${server.address().port}`)
})
