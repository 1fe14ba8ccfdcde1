// ejs with `cache: true` and a file name per invoice: ejs keeps a compiled function for each.
const ejs = require('ejs')
const express = require('express')

const app = express()
const template =
  '<p>Invoice <%= id %></p><% for (const line of lines) { %><li><%= line %></li><% } %>'

// leak in: GET /invoices/:id
app.get('/invoices/:id', function invoice(req, res) {
  const { id } = req.params
  const data = { id, lines: ['paper', 'ink', 'stamps'] }
  res.send(ejs.render(template, data, { cache: true, filename: `invoice-${id}.ejs` })) // leak, adds: GET /invoices/:id
})

const page = ejs.compile(
  '<table><% rows.forEach((row) => { %><tr><td><%= row %></td></tr><% }) %></table>',
)
app.get('/ledger', function ledger(req, res) {
  res.send(page({ rows: Array.from({ length: 50 }, (_, i) => i * 3) }))
})

app.get('/balance/:account', async function balance(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ account: req.params.account, cents: 12300 })
})

app.get('/rates', function rates(req, res) {
  res.json(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`cur${i}`, i / 7])))
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
