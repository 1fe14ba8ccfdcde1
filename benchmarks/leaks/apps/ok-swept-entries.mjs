// Leaks nothing: an ES module, Hono; a service remembers what it built after awaits for six seconds, and
// a sweep every three seconds drops what is older.
import { setTimeout as wait } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const repository = {
  async find(kind, id) {
    await wait(2)
    return Array.from({ length: 60 }, (_, i) => ({ kind, id, seat: i }))
  },
}

class HoldService {
  #entries = new Map()

  async hold(kind, id) {
    const seats = await repository.find(kind, id)
    await wait(1)
    this.#entries.set(`${kind}:${id}`, {
      at: Date.now(),
      seats: seats.map(({ seat }) => ({ seat })),
    })
    return seats.length
  }

  sweep(oldest) {
    for (const [key, { at }] of this.#entries) {
      if (at < oldest) this.#entries.delete(key)
    }
  }
}
const holds = new HoldService()
setInterval(() => holds.sweep(Date.now() - 6000), 3000)

const app = new Hono()
app.use(async function authenticate(c, next) {
  await wait(1)
  await next()
})
for (const kind of ['concert', 'film', 'play']) {
  app.get(`/${kind}s/:id/seats`, async function seats(c) {
    return c.json({ held: await holds.hold(kind, c.req.param('id')) })
  })
}
for (const kind of ['venue', 'artist', 'team']) {
  app.get(`/${kind}s/:id`, async function show(c) {
    const found = await repository.find(kind, c.req.param('id'))
    return c.json(found.slice(0, 3))
  })
}

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`PORT ${port}`)
})
