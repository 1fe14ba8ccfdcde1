// Koa: what many requests ask for within 5 ms is loaded at once, in the turn of whichever came first.
// Every row of a batch is kept, and two of the routes load rows.
const { setTimeout: wait } = require('node:timers/promises')
const Router = require('@koa/router')
const DataLoader = require('dataloader')
const Koa = require('koa')

const loaded = []

const driver = {
  async query(ids) {
    await wait(2)
    return ids.map((id) => id / 2)
  },
}

// leak in: GET /books/:id, GET /authors/:id
async function loadAuthors(ids) {
  const numbers = await driver.query(ids)
  await wait(1)
  const rows = numbers.map((n) => ({ n, marks: Array.from({ length: 90 }, (_, i) => n / (i + 1)) })) // leak: GET /books/:id, GET /authors/:id
  loaded.push(...rows) // leak, adds: GET /books/:id, GET /authors/:id
  return rows
}
const authors = new DataLoader(loadAuthors, {
  cache: false,
  batchScheduleFn: (load) => setTimeout(load, 5),
})

const service = {
  async book(id) {
    await wait(1)
    const author = await authors.load(Number(id) + 1e9)
    return { id, author: author.n }
  },
  async author(id) {
    await wait(1)
    return authors.load(Number(id))
  },
  async list(kind) {
    await wait(2)
    return Array.from({ length: 40 }, (_, i) => ({ [kind]: i }))
  },
}

const app = new Koa()
const router = new Router()
app.use(async function authenticate(ctx, next) {
  await wait(1)
  await next()
})
router.get('/books/:id', async function book(ctx) {
  ctx.body = await service.book(ctx.params.id)
})
router.get('/authors/:id', async function author(ctx) {
  ctx.body = { best: (await service.author(ctx.params.id)).marks[0] }
})
for (const kind of ['genres', 'publishers', 'series', 'languages']) {
  router.get(`/${kind}/:id`, async function list(ctx) {
    ctx.body = await service.list(kind)
  })
}
app.use(router.routes())

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
