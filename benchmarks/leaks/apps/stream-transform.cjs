// Downloads through a pipeline of streams: a transform that four routes share notes every row, and the
// notes of one route go into a list that is never emptied.
const { Readable, Transform } = require('node:stream')
const { pipeline } = require('node:stream/promises')
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const ledger = []

const repository = {
  async *rows(table, id) {
    for (let page = 0; page < 3; page++) {
      await wait(1)
      for (let i = 0; i < 4; i++) yield { key: `${table}-${id}`, row: page * 4 + i, cents: i * 99 }
    }
  },
}

class ToCsv extends Transform {
  constructor(notes) {
    super({ writableObjectMode: true })
    this.notes = notes
  }

  // leak in: GET /statements/:id
  _transform({ key, row, cents }, _encoding, done) {
    this.notes.push({ row, cents, share: cents / 7, at: new Date() }) // leak, adds: GET /statements/:id
    done(null, `${key};${row};${cents}\n`)
  }
}

const exporter = {
  async write(table, id, notes, res) {
    await wait(1)
    await pipeline(Readable.from(repository.rows(table, id)), new ToCsv(notes), res)
  },
}

const app = express()
app.use(async function authenticate(req, res, next) {
  await wait(1)
  next()
})
app.get('/statements/:id', async function statement(req, res) {
  await exporter.write('statements', req.params.id, ledger, res.type('csv'))
})
for (const table of ['bookings', 'customers', 'products']) {
  app.get(`/${table}/:id`, async function download(req, res) {
    await exporter.write(table, req.params.id, [], res.type('csv'))
  })
}
app.get('/formats', function formats(req, res) {
  res.json(['csv'])
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
