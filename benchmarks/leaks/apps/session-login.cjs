// express-session with its MemoryStore on one route: every login without a cookie is a session more.
const express = require('express')
const session = require('express-session')

const app = express()
const store = new session.MemoryStore()
app.use(express.json())

app.post(
  '/login',
  session({ secret: 'corpus', resave: false, saveUninitialized: false, store }),
  function login(req, res) {
    req.session.user = { name: req.body.name, roles: ['reader', 'writer'], since: Date.now() } // leak: POST /login
    res.json({ welcome: req.body.name })
  },
)

app.get('/articles/:slug', function article(req, res) {
  const text = Array.from({ length: 120 }, (_, i) => `${req.params.slug} ${i}`).join(' ')
  res.json({ slug: req.params.slug, length: text.length })
})

app.get('/tags', function tags(req, res) {
  res.json(Array.from({ length: 40 }, (_, i) => ({ tag: `t${i}`, uses: i * i })))
})

app.get('/feed', async function feed(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ items: Array.from({ length: 20 }, (_, i) => i) })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
