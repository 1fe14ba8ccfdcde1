// Koa with four middlewares; the load asks for the last.
const Koa = require('koa')
const { outermost } = require('./outermost.cjs')

const app = new Koa()
if (outermost) {
  app.use(async (ctx, next) => {
    await new Promise((resolve) => {
      outermost(ctx.req, ctx.res, resolve)
    })
    await next()
  })
}
app.use(async function requestId(ctx, next) {
  ctx.set('x-request-id', Math.random().toString(36).slice(2))
  await next()
})
app.use(async function timing(ctx, next) {
  ctx.state.startedAt = Date.now()
  await next()
})
app.use(async function user(ctx, next) {
  ctx.state.user = { id: 1, name: 'Ada' }
  await next()
})
app.use(async function showItem(ctx) {
  ctx.body = { path: ctx.path, user: ctx.state.user.name, at: ctx.state.startedAt }
})

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${server.address().port}`)
})
