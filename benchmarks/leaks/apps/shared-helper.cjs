// One helper for two routes: what it returns is dropped by the one and kept by the other.
const express = require('express')

const app = express()
const exported = new Set()

// leak in: GET /exports/:id
function renderRows(seed) {
  return Array.from({ length: 40 }, (_, i) => ({ cell: seed + i, label: `${seed}:${i}` })) // leak: GET /exports/:id
}

// leak in: GET /exports/:id
app.get('/exports/:id', function exportRows(req, res) {
  const rows = renderRows(Number(req.params.id))
  exported.add(rows) // leak, adds: GET /exports/:id
  res.json({ rows: rows.length })
})

app.get('/previews/:id', function preview(req, res) {
  const rows = renderRows(Number(req.params.id))
  res.json({ first: rows[0] })
})

app.get('/columns', function columns(req, res) {
  res.json(Array.from({ length: 12 }, (_, i) => `column ${i}`))
})

app.get('/totals/:id', async function totals(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  const numbers = Array.from({ length: 500 }, (_, i) => i * Number(req.params.id))
  res.json({ sum: numbers.reduce((sum, number) => sum + number, 0) })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
