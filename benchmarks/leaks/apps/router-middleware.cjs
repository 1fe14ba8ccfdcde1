// A middleware of one router: the three routes under /api pay, the other three do not.
const express = require('express')

const app = express()
const api = express.Router()
const quotas = new Map()
let calls = 0

// leak in: GET /api/accounts, GET /api/accounts/:id, POST /api/transfers
api.use(function quota(req, res, next) {
  const key = `${req.headers.authorization ?? 'anonymous'}:${++calls}`
  // adds: GET /api/accounts, GET /api/accounts/:id, POST /api/transfers
  quotas.set(key, {
    key,
    left: 1000,
    window: Date.now() / 3,
    hits: Array.from({ length: 20 }, () => 0.5),
  }) // leak: GET /api/accounts, GET /api/accounts/:id, POST /api/transfers
  next()
})

api.get('/accounts', function accounts(req, res) {
  res.json(Array.from({ length: 30 }, (_, i) => ({ iban: `DE${i}`, cents: i * 100 })))
})

api.get('/accounts/:id', async function account(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id })
})

api.post('/transfers', express.json(), function transfer(req, res) {
  res.status(202).json({ accepted: req.body.items.length })
})

app.use('/api', api)

app.get('/', function home(req, res) {
  res.send('<h1>bank</h1>')
})

app.get('/help/:page', function help(req, res) {
  res.json({ page: req.params.page, text: 'x'.repeat(2000) })
})

app.get('/rates', async function rates(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 1))
  res.json(Array.from({ length: 60 }, (_, i) => i / 9))
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
