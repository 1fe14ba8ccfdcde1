// Leaks nothing: express-session with a store that sweeps what is older than 12 seconds.
const express = require('express')
const session = require('express-session')

class SweepingStore extends session.Store {
  sessions = new Map()

  constructor() {
    super()
    setInterval(() => {
      const oldest = Date.now() - 12_000
      for (const [id, entry] of this.sessions) {
        if (entry.at > oldest) break
        this.sessions.delete(id)
      }
    }, 1000).unref()
  }

  get(id, done) {
    const entry = this.sessions.get(id)
    setImmediate(() => done(null, entry && JSON.parse(entry.text)))
  }

  set(id, value, done) {
    this.sessions.delete(id)
    this.sessions.set(id, { at: Date.now(), text: JSON.stringify(value) })
    setImmediate(() => done())
  }

  destroy(id, done) {
    this.sessions.delete(id)
    setImmediate(() => done())
  }
}

const app = express()
app.get('/health', function health(req, res) {
  res.json({ ok: true })
})
app.use(
  session({ secret: 'corpus', resave: false, saveUninitialized: true, store: new SweepingStore() }),
)

app.get('/', function home(req, res) {
  req.session.views = (req.session.views ?? 0) + 1
  res.send(`<h1>${req.session.views}</h1>`)
})

app.get('/items', function items(req, res) {
  res.json(Array.from({ length: 40 }, (_, i) => ({ id: i })))
})

app.get('/items/:id', async function item(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
