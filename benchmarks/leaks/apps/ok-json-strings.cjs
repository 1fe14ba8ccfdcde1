// Leaks nothing: plain http, JSON with ever new property names and strings that are interned as keys.
const http = require('node:http')

function json(res, value) {
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify(value))
}

function countWords(text) {
  const counts = {}
  for (const word of text.split(' ')) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

const server = http.createServer(function onRequest(req, res) {
  const [path, query = ''] = req.url.split('?')
  if (path === '/parse' && req.method === 'POST') {
    const chunks = []
    req.on('data', (chunk) => chunks.push(chunk))
    req.on('end', () => {
      const value = JSON.parse(Buffer.concat(chunks).toString())
      json(res, { keys: Object.keys(value).length })
    })
    return
  }
  if (path === '/words') return json(res, countWords(`${query} and ${query}1 and ${query}2`))
  if (path === '/keys') {
    const big = JSON.parse(
      `{${Array.from({ length: 80 }, (_, i) => `"${query}k${i}":${i}`).join(',')}}`,
    )
    return json(res, { sum: Object.values(big).reduce((sum, number) => sum + number, 0) })
  }
  if (path === '/ping') return res.end('pong')
  res.statusCode = 404
  res.end()
})

server.listen(0, '127.0.0.1', () => {
  console.log(`PORT ${server.address().port}`)
})
