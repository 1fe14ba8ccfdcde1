/** Customers of the shop: what they ask for, and how often. */
import { type Asked, Client, loadAtRate, type Visit } from '../../test/support/load'
import { createRandom, seedOf } from '../../test/support/random'

export interface TrafficReport {
  readonly requests: number
  /** Requests that failed, and responses of 500 and above. */
  readonly failed: number
}

const CUSTOMERS = 20
const REQUESTS_PER_SECOND = 550
const LONE_CONNECTIONS = 40

const WORDS = ['oak', 'linen', 'steel', 'cork', 'wool', 'glass', 'lamp', 'table', 'chair', 'vase']

function get(path: string): Visit {
  return { path }
}

export const LEAKING_ROUTE = 'GET /search'

const habits: readonly Asked[] = [
  { name: 'GET /', weight: 8, visit: () => get('/') },
  { name: 'GET /health', weight: 4, visit: () => get('/health') },
  {
    name: LEAKING_ROUTE,
    weight: 14,
    visit: (random) => {
      const word = (): string => WORDS[random.integer(WORDS.length)]!
      return get(`/search?q=${word()}+${word()}`)
    },
  },
  {
    name: 'GET /products',
    weight: 14,
    visit: (random) => get(`/products?page=${random.integer(20)}`),
  },
  {
    name: 'GET /products/:id',
    weight: 20,
    visit: (random) => get(`/products/${random.integer(400)}`),
  },
  {
    name: 'GET /products/:id/reviews',
    weight: 10,
    visit: (random) => get(`/products/${random.integer(400)}/reviews`),
  },
  {
    name: 'GET /carts/:cart',
    weight: 10,
    visit: (random) => get(`/carts/c${random.integer(CUSTOMERS)}`),
  },
  {
    name: 'POST /carts/:cart/items',
    weight: 10,
    visit: (random) => ({
      method: 'POST',
      path: `/carts/c${random.integer(CUSTOMERS)}/items`,
      body: JSON.stringify({ id: random.integer(400), count: 1 + random.integer(3) }),
    }),
  },
  {
    name: 'POST /carts/:cart/checkout',
    weight: 4,
    visit: (random) => ({
      method: 'POST',
      path: `/carts/c${random.integer(CUSTOMERS)}/checkout`,
      body: '{"pay":"card"}',
    }),
  },
  {
    name: 'GET /orders/:order',
    weight: 6,
    visit: (random) => get(`/orders/${random.integer(200)}`),
  },
]

/** The mixed traffic, all routes at once, in a mix that drifts. */
export async function visitShop(port: number, seconds: number): Promise<TrafficReport> {
  const { sent, errors } = await loadAtRate({
    port,
    routes: habits,
    seconds,
    rate: REQUESTS_PER_SECOND,
    random: (purpose) => createRandom(seedOf('shop', purpose)),
  })
  return { requests: Object.values(sent).reduce((sum, of) => sum + of, 0), failed: errors }
}

/** Only the route that leaks, over a few connections. */
export async function visitLeakingRoute(port: number, requests: number): Promise<void> {
  const { visit } = habits.find(({ name }) => name === LEAKING_ROUTE)!
  const random = createRandom(1)
  const client = new Client(port, LONE_CONNECTIONS)
  await client.sendMany(requests, () => visit(random))
  client.close()
}
