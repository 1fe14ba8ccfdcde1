// 2 KB a request, allocated in a helper after an await: no frame of the route is on the stack then.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const app = express()
const audits = []

// leak in: GET /reports/:id
async function saveAudit(req) {
  await wait(2)
  const payload = Array.from({ length: 240 }, Math.random) // leak: GET /reports/:id
  audits.push({ url: req.url, payload }) // leak, adds: GET /reports/:id
}

app.get('/', async function home(req, res) {
  await wait(1)
  res.send(`<ul>${Array.from({ length: 80 }, (_, i) => `<li>${i}</li>`).join('')}</ul>`)
})

app.get('/reports/:id', async function report(req, res) {
  await saveAudit(req)
  res.json({ id: req.params.id })
})

app.get('/prices', async function prices(req, res) {
  const rows = Array.from({ length: 300 }, (_, i) => ({ sku: `sku-${i}`, cents: i * 99 }))
  await wait(3)
  res.json(rows.slice(0, 20))
})

app.get('/stock/:sku', async function stock(req, res) {
  await wait(1)
  res.json({ sku: req.params.sku, left: req.params.sku.length })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
