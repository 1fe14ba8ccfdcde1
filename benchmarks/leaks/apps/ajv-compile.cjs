// One Ajv, a schema object built per request: Ajv keeps every schema it compiled in a Map by object.
const Ajv = require('ajv')
const express = require('express')

const app = express()
const ajv = new Ajv()
app.use(express.json())

// leak in: POST /forms/:form
app.post('/forms/:form', function submit(req, res) {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, items: { type: 'array', items: { type: 'number' } } },
    required: ['name'],
  }
  const valid = ajv.validate(schema, req.body) // leak, adds: POST /forms/:form
  res.json({ form: req.params.form, valid })
})

const checkAddress = ajv.compile({ type: 'object', properties: { zip: { type: 'string' } } })
app.get('/addresses/:zip', function address(req, res) {
  res.json({ valid: checkAddress({ zip: req.params.zip }) })
})

app.get('/countries', function countries(req, res) {
  res.json(Array.from({ length: 100 }, (_, i) => ({ code: `c${i}`, dial: i + 1 })))
})

app.get('/drafts/:id', async function draft(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id, text: 'x'.repeat(500) })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
