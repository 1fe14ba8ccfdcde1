/** Customers of the shop: keep-alive connections that ask, wait a little, and ask again. */
import http from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { createRandom, type Random } from '../leaks/random'

interface Visit {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

/** What customers do: the pattern as the shop declares it, how often, and one such request. */
interface Habit {
  readonly route: string
  readonly weight: number
  readonly visit: (random: Random, customer: number) => Visit
}

export interface TrafficReport {
  readonly requests: number
  /** Requests that failed, and responses of 500 and above. */
  readonly failed: number
}

const CUSTOMERS = 20
const LONE_CONNECTIONS = 40
/** Between a customer's response and the next request; with 20 customers some 550 per second. */
const PAUSE_MS = { min: 8, max: 46 }
/** The mix drifts, so that no two routes are asked in the same rhythm; each has a period of its own. */
const DRIFT = { firstPeriodMs: 3100, stepMs: 740 }

const WORDS = ['oak', 'linen', 'steel', 'cork', 'wool', 'glass', 'lamp', 'table', 'chair', 'vase']

function get(path: string): Visit {
  return { method: 'GET', path }
}

export const LEAKING_ROUTE = 'GET /search'

const habits: readonly Habit[] = [
  { route: 'GET /', weight: 8, visit: () => get('/') },
  { route: 'GET /health', weight: 4, visit: () => get('/health') },
  {
    route: LEAKING_ROUTE,
    weight: 14,
    visit: (random) => {
      const word = (): string => WORDS[random.integer(WORDS.length)]!
      return get(`/search?q=${word()}+${word()}`)
    },
  },
  {
    route: 'GET /products',
    weight: 14,
    visit: (random) => get(`/products?page=${random.integer(20)}`),
  },
  {
    route: 'GET /products/:id',
    weight: 20,
    visit: (random) => get(`/products/${random.integer(400)}`),
  },
  {
    route: 'GET /products/:id/reviews',
    weight: 10,
    visit: (random) => get(`/products/${random.integer(400)}/reviews`),
  },
  { route: 'GET /carts/:cart', weight: 10, visit: (_, customer) => get(`/carts/c${customer}`) },
  {
    route: 'POST /carts/:cart/items',
    weight: 10,
    visit: (random, customer) => ({
      method: 'POST',
      path: `/carts/c${customer}/items`,
      body: { id: random.integer(400), count: 1 + random.integer(3) },
    }),
  },
  {
    route: 'POST /carts/:cart/checkout',
    weight: 4,
    visit: (_, customer) => ({
      method: 'POST',
      path: `/carts/c${customer}/checkout`,
      body: { pay: 'card' },
    }),
  },
  {
    route: 'GET /orders/:order',
    weight: 6,
    visit: (random) => get(`/orders/${random.integer(200)}`),
  },
]

export const routes: readonly string[] = habits.map((habit) => habit.route)

function send(agent: http.Agent, port: number, { method, path, body }: Visit): Promise<boolean> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve) => {
    const request = http.request(
      {
        agent,
        host: '127.0.0.1',
        port,
        method,
        path,
        headers:
          text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      },
      (response) => {
        response.resume()
        response.once('close', () => resolve(response.complete && response.statusCode! < 500))
      },
    )
    request.once('error', () => resolve(false))
    request.end(text)
  })
}

/** The mixed traffic, all routes at once. Resolves when every response has come. */
export async function visitShop(port: number, seconds: number): Promise<TrafficReport> {
  const startedMs = performance.now()
  const endMs = startedMs + seconds * 1000
  let requests = 0
  let failed = 0

  function choose(random: Random): Habit {
    const elapsedMs = performance.now() - startedMs
    const weights = habits.map(({ weight }, index) => {
      const period = DRIFT.firstPeriodMs + index * DRIFT.stepMs
      return weight * (1 + 0.7 * Math.sin((elapsedMs / period) * 2 * Math.PI + index))
    })
    let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0)
    return habits.find((_, index) => (left -= weights[index]!) < 0) ?? habits[0]!
  }

  async function shop(customer: number): Promise<void> {
    const random = createRandom(customer + 1)
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    while (performance.now() < endMs) {
      requests++
      if (!(await send(agent, port, choose(random).visit(random, customer)))) failed++
      await wait(PAUSE_MS.min + random.uniform() * (PAUSE_MS.max - PAUSE_MS.min))
    }
    agent.destroy()
  }

  await Promise.all(Array.from({ length: CUSTOMERS }, (_, customer) => shop(customer)))
  return { requests, failed }
}

/** Only the route that leaks, over a few connections. */
export async function visitLeakingRoute(port: number, requests: number): Promise<void> {
  const { visit } = habits.find(({ route }) => route === LEAKING_ROUTE)!
  const random = createRandom(1)
  const agent = new http.Agent({ keepAlive: true, maxSockets: LONE_CONNECTIONS })
  for (let left = requests; left > 0; left -= LONE_CONNECTIONS) {
    const round = Array.from({ length: Math.min(left, LONE_CONNECTIONS) }, () =>
      send(agent, port, visit(random, 0)),
    )
    await Promise.all(round)
  }
  agent.destroy()
}
