// Express, as the environment says: EXPRESS (the package), MIDDLEWARES, ROUTES, HANDLER (`heavy`
// allocates and waits), LIVE_HEAP_MB (objects kept since the start). The load asks for the last route.
const express = require(process.env.EXPRESS ?? 'express')
const { outermost } = require('./outermost.cjs')

const app = express()
const routes = Number(process.env.ROUTES ?? 10)
const middlewares = Number(process.env.MIDDLEWARES ?? 5)

const kept = []
for (let mb = 0; mb < Number(process.env.LIVE_HEAP_MB ?? 0); mb++) {
  // About 1 MB: objects and strings as an app's own cache has them.
  for (let i = 0; i < 6000; i++) kept.push({ id: i, name: `item ${mb} ${i}`, tags: [mb, i, 0.5] })
}
// Reached from the app: what only a finished module refers to is garbage.
app.locals.kept = kept

if (outermost) app.use(outermost)
app.use(function requestId(req, res, next) {
  res.setHeader('x-request-id', Math.random().toString(36).slice(2))
  next()
})
app.use(function timing(req, res, next) {
  req.startedAt = Date.now()
  next()
})
app.use(express.json())
app.use(express.urlencoded({ extended: false }))
for (let i = 4; i < middlewares; i++) {
  app.use(function user(req, res, next) {
    req.user = { id: i, name: 'Ada' }
    next()
  })
}

for (let i = 1; i < routes; i++) {
  app.get(`/other${i}/:id`, (req, res) => {
    res.json({ id: req.params.id })
  })
}

// 2,000 objects, parsed and serialised, as a listing is made from a database's rows.
const listing = JSON.stringify(
  Array.from({ length: 2000 }, (_, id) => ({ id, name: `item ${id}`, price: id / 8 })),
)

app.get('/items/:id', function showItem(req, res) {
  if (process.env.HANDLER === 'heavy') {
    const rows = JSON.parse(listing).map((row) => ({ ...row, seen: true }))
    res.json(rows.filter((row) => row.id % 10 === 0))
    return
  }
  res.json({ id: req.params.id, user: req.user.name, at: req.startedAt })
})

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${server.address().port}`)
})
