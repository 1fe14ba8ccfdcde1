// Leaks nothing: Koa, twelve routes behind one service, whose cache of at most 6,000 entries is filled
// after awaits and is full after some ten seconds.
const { setTimeout: wait } = require('node:timers/promises')
const Router = require('@koa/router')
const Koa = require('koa')
const { LRUCache } = require('lru-cache')

const KINDS =
  'actor award channel director episode festival genre movie review season series studio'.split(' ')

const repository = {
  async find(kind, id) {
    await wait(2)
    return { kind, id, marks: Array.from({ length: 90 }, (_, i) => i / 4) }
  },
}

class CatalogService {
  #cache = new LRUCache({ max: 6000 })

  async find(kind, id) {
    const key = `${kind}:${id}`
    const cached = this.#cache.get(key)
    if (cached) return cached
    const found = await repository.find(kind, id)
    await wait(1)
    this.#cache.set(key, { ...found, readAt: new Date() })
    return found
  }
}
const catalog = new CatalogService()

const app = new Koa()
const router = new Router()
app.use(async function authenticate(ctx, next) {
  await wait(1)
  await next()
})
for (const kind of KINDS) {
  router.get(`/${kind}/:id`, async function show(ctx) {
    const { id, marks } = await catalog.find(kind, ctx.params.id)
    ctx.body = { id, best: marks.at(-1) }
  })
}
app.use(router.routes())

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
