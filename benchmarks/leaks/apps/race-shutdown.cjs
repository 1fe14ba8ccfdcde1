// Promise.race against a promise that never settles: each race leaves its reactions, and through
// them its result, on the promise.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const app = express()
const shutdown = new Promise((resolve) => process.once('SIGUSR1', resolve))

// leak in: GET /profiles/:id
async function loadProfile(id) {
  await wait(2)
  return { id, bio: `${id} `.repeat(3), scores: Array.from({ length: 60 }, (_, i) => i / 3) } // leak: GET /profiles/:id
}

// leak in: GET /profiles/:id
app.get('/profiles/:id', async function profile(req, res) {
  const found = await Promise.race([shutdown, loadProfile(req.params.id)]) // leak: GET /profiles/:id
  res.json({ id: found.id })
})

app.get('/friends/:id', async function friends(req, res) {
  const [near, far] = await Promise.all([wait(1, ['ann', 'bob']), wait(2, ['eve'])])
  res.json({ near, far })
})

app.get('/photos', function photos(req, res) {
  res.json(Array.from({ length: 70 }, (_, i) => ({ photo: i, width: 640 })))
})

app.get('/about', function about(req, res) {
  res.send('about')
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
