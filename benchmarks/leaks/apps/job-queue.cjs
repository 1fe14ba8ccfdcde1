// Koa: the work of three routes goes through one queue, four jobs at once. Where jobs wait, one is begun
// in the turn of another that ends. Of one route the queue's worker keeps what it made.
const { setTimeout: wait } = require('node:timers/promises')
const Router = require('@koa/router')
const fastq = require('fastq')
const Koa = require('koa')

const archive = []

const storage = {
  async read(id, pages) {
    await wait(1)
    return Array.from({ length: pages }, (_, i) => ({ page: i, of: id }))
  },
}

// leak in: POST /prints/:id
async function render({ id, pages, archived }) {
  const read = await storage.read(id, pages)
  await wait(1)
  const rendered = read.map(({ page }) => ({ page, text: `page ${page} of ${id}`, width: 0.5 })) // leak: POST /prints/:id
  if (archived) archive.push(rendered) // leak, adds: POST /prints/:id
  return rendered.length
}
const queue = fastq.promise(render, 4)

const service = {
  async render(job) {
    await wait(1)
    return queue.push(job)
  },
}

const app = new Koa()
const router = new Router()
app.use(async function authenticate(ctx, next) {
  await wait(1)
  await next()
})
router.post('/prints/:id', async function print(ctx) {
  ctx.body = { pages: await service.render({ id: ctx.params.id, pages: 12, archived: true }) }
})
router.get('/previews/:id', async function preview(ctx) {
  ctx.body = { pages: await service.render({ id: ctx.params.id, pages: 12 }) }
})
router.get('/thumbnails/:id', async function thumbnail(ctx) {
  ctx.body = { pages: await service.render({ id: ctx.params.id, pages: 1 }) }
})
router.get('/documents/:id', async function document(ctx) {
  ctx.body = (await storage.read(ctx.params.id, 5)).at(-1)
})
router.get('/queue', async function state(ctx) {
  ctx.body = { waiting: queue.length() }
})
app.use(router.routes())

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
