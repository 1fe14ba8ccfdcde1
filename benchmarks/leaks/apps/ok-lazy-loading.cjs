// Leaks nothing: each of sixty pages is compiled on its first request, and modules are required late.
const express = require('express')

const app = express()
const pages = new Map()

app.get('/pages/:page', function page(req, res) {
  const Handlebars = require('handlebars')
  const key = Number(req.params.page) % 60
  let render = pages.get(key)
  if (!render) {
    render = Handlebars.compile(`<h1>${key}</h1>{{#each rows}}<p>{{this}}</p>{{/each}}`)
    pages.set(key, render)
  }
  res.send(render({ rows: [1, 2, 3] }))
})

app.get('/validate/:zip', function validate(req, res) {
  const Ajv = require('ajv')
  app.locals.check ??= new Ajv().compile({
    type: 'object',
    properties: { zip: { type: 'string' } },
  })
  res.json({ valid: app.locals.check({ zip: req.params.zip }) })
})

app.get('/group', function group(req, res) {
  const _ = require('lodash')
  res.json(_.groupBy(_.range(60), (number) => number % 7))
})

app.get('/stream', async function stream(req, res) {
  const { range, toArray, lastValueFrom } = await import('rxjs')
  res.json(await lastValueFrom(range(0, 10).pipe(toArray())))
})

app.get('/health', function health(req, res) {
  res.json({ ok: true })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
