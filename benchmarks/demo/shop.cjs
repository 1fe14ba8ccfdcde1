// A small shop, as anyone would write it: ten routes, no mention of memprof. One of them leaks.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')

const PRODUCTS = 400
const MAX_PRICES = 150
const MAX_ORDERS = 200
const MAX_ITEMS = 12

const materials = ['oak', 'linen', 'steel', 'cork', 'wool', 'glass', 'clay', 'slate']
const things = ['lamp', 'table', 'chair', 'shelf', 'rug', 'vase', 'bowl', 'clock', 'bench', 'tray']

const products = Array.from({ length: PRODUCTS }, (_, id) => ({
  id,
  name: `${materials[id % materials.length]} ${things[id % things.length]} ${id}`,
  cents: 900 + ((id * 7919) % 20_000),
  stock: (id * 31) % 90,
}))

/** Prices with tax. Bounded: the oldest goes when it is full. Innocent. */
const prices = new Map()
/** Carts by id, of as many customers as there are. Innocent. */
const carts = new Map()
/** The last orders. Innocent. */
const orders = []
/** What people looked for, for "others searched for". Nobody ever takes anything out. */
const searchTrail = []

const app = express()
app.use(express.json())

app.use(function stamp(req, res, next) {
  res.setHeader('x-request-start', Date.now())
  next()
})

function priceOf(product) {
  const known = prices.get(product.id)
  if (known) return known
  if (prices.size >= MAX_PRICES) prices.delete(prices.keys().next().value)
  const price = { net: product.cents, tax: Math.round(product.cents * 0.19), currency: 'EUR' }
  prices.set(product.id, price)
  return price
}

function rankProducts(words) {
  const ranked = []
  for (const product of products) {
    const score = words.filter((word) => product.name.includes(word)).length
    if (score > 0) ranked.push({ product, score })
  }
  return ranked.sort((a, b) => b.score - a.score).slice(0, 18)
}

/** Keeps about 1.5 kB of every search: this is the leak. */
function rememberSearch(query, words, hits) {
  searchTrail.push({
    at: new Date(),
    query,
    words,
    hits: hits.map(({ product, score }, rank) => ({ id: product.id, rank, score })),
  })
}

app.get('/', function home(req, res) {
  const featured = products.filter((product) => product.stock > 80)
  res.json(featured.map((product) => ({ ...product, price: priceOf(product) })))
})

app.get('/health', function health(req, res) {
  res.json({ ok: true, uptime: process.uptime() })
})

app.get('/search', async function search(req, res) {
  const query = String(req.query.q ?? '')
  const words = query.toLowerCase().split(' ').filter(Boolean)
  const hits = rankProducts(words)
  rememberSearch(query, words, hits)
  await wait(3)
  res.json({ query, hits: hits.map(({ product }) => product) })
})

app.get('/products', async function listProducts(req, res) {
  const page = Number(req.query.page ?? 0)
  await wait(2)
  const shown = products.slice(page * 20, page * 20 + 20)
  res.json({ page, products: structuredClone(shown) })
})

app.get('/products/:id', async function showProduct(req, res) {
  const product = products[Number(req.params.id)]
  if (!product) return res.status(404).json({ error: 'no such product' })
  await wait(4)
  res.json({ ...product, price: priceOf(product) })
})

app.get('/products/:id/reviews', async function listReviews(req, res) {
  // Much garbage, nothing kept.
  const reviews = Array.from({ length: 300 }, (_, i) => ({
    stars: 1 + ((Number(req.params.id) + i) % 5),
    text: `review ${i} of ${req.params.id}`,
  }))
  await wait(5)
  res.json(reviews.filter((review) => review.stars === 5).slice(0, 10))
})

app.get('/carts/:cart', function showCart(req, res) {
  const items = carts.get(req.params.cart) ?? []
  res.json({ items, total: items.reduce((sum, item) => sum + item.cents * item.count, 0) })
})

app.post('/carts/:cart/items', async function addItem(req, res) {
  await wait(2)
  const { id, count } = req.body
  const product = products[id]
  const items = carts.get(req.params.cart) ?? []
  carts.set(req.params.cart, [...items, { id, count, cents: product.cents }].slice(-MAX_ITEMS))
  res.status(201).json({ items: items.length + 1 })
})

app.post('/carts/:cart/checkout', async function checkout(req, res) {
  const items = carts.get(req.params.cart) ?? []
  carts.delete(req.params.cart)
  const total = items.reduce((sum, item) => sum + item.cents * item.count, 0)
  await wait(8)
  orders.push({ cart: req.params.cart, items, total, at: new Date() })
  if (orders.length > MAX_ORDERS) orders.shift()
  res.status(201).json({ order: orders.length - 1, total })
})

app.get('/orders/:order', async function showOrder(req, res) {
  await wait(2)
  const order = orders[Number(req.params.order)]
  if (!order) return res.status(404).json({ error: 'no such order' })
  res.json(order)
})

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`the shop listens on http://127.0.0.1:${server.address().port}`)
})
