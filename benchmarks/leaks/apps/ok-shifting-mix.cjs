// Leaks nothing: the mix shifts over the whole run, from the even routes to the odd ones, and each
// route has a bounded cache of its own that fills while it is busy.
const express = require('express')

const app = express()

function bounded(limit) {
  const entries = new Map()
  return function remember(key, make) {
    let value = entries.get(key)
    if (value === undefined) {
      value = make()
      entries.set(key, value)
      if (entries.size > limit) entries.delete(entries.keys().next().value)
    }
    return value
  }
}

for (const name of ['songs', 'albums', 'artists', 'genres', 'charts', 'labels']) {
  const remember = bounded(600)
  app.get(`/${name}/:id`, async function handler(req, res) {
    const { id } = req.params
    const found = remember(id, () => ({
      id,
      name,
      tags: Array.from({ length: 30 }, (_, i) => `${id}${i}`),
    }))
    if (name > 'b') await new Promise((resolve) => setTimeout(resolve, 1))
    res.json({ id: found.id, tags: found.tags.length })
  })
}

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
