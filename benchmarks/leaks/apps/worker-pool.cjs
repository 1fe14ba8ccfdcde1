// Hono with a pool of two threads: they answer as JSON, the main thread parses it, and keeps what came
// for one of the routes.
const { setTimeout: wait } = require('node:timers/promises')
const { Worker } = require('node:worker_threads')
const { serve } = require('@hono/node-server')
const { Hono } = require('hono')

const THREAD = `
  const { parentPort } = require('node:worker_threads')
  parentPort.on('message', function compute({ task, name, size }) {
    const points = Array.from({ length: size }, (_, i) => ({ x: i, y: Math.sin(i) }))
    parentPort.postMessage({ task, text: JSON.stringify({ name, points }) })
  })
`

class Pool {
  #workers = [1, 2].map(() => new Worker(THREAD, { eval: true }))
  #tasks = new Map()
  #last = 0

  constructor() {
    for (const worker of this.#workers) {
      worker.on('message', ({ task, text }) => {
        this.#tasks.get(task)(text)
        this.#tasks.delete(task)
      })
    }
  }

  // leak in: GET /forecasts/:place
  async run(name, size) {
    const task = ++this.#last
    const answered = new Promise((resolve) => this.#tasks.set(task, resolve))
    this.#workers[task % 2].postMessage({ task, name, size })
    const text = await answered
    return JSON.parse(text) // leak: GET /forecasts/:place
  }
}
const pool = new Pool()

class ForecastService {
  known = new Map()

  // leak in: GET /forecasts/:place
  async find(place) {
    const forecast = await pool.run(place, 40)
    await wait(1)
    this.known.set(place, forecast) // leak, adds: GET /forecasts/:place
    return forecast
  }
}
const forecasts = new ForecastService()

const app = new Hono()
app.use(async function authenticate(c, next) {
  await wait(1)
  await next()
})
app.get('/forecasts/:place', async function forecast(c) {
  return c.json((await forecasts.find(c.req.param('place'))).points[0])
})
for (const [name, size] of [
  ['charts', 20],
  ['averages', 60],
  ['samples', 5],
]) {
  app.get(`/${name}/:place`, async function show(c) {
    return c.json((await pool.run(c.req.param('place'), size)).points.at(-1))
  })
}
app.get('/places', (c) => c.json(Array.from({ length: 30 }, (_, i) => `place ${i}`)))

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`PORT ${port}`)
})
