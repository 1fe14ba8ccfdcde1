import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GuessedRoutes } from '../../lib/record/guessed-routes'
import { RouteStatsTable } from '../../lib/record/route-stats'
import { type Route, RouteTable } from '../../lib/record/routes'
import { integer, seeded } from '../support/random'

/** Requests without a framework: each path has so many, one after the other. */
class Asked {
  readonly routes: RouteTable
  readonly stats: RouteStatsTable
  readonly guessed: GuessedRoutes

  constructor(maxRoutes = 512) {
    this.routes = new RouteTable(maxRoutes, () => null)
    this.stats = new RouteStatsTable(this.routes)
    this.guessed = new GuessedRoutes(this.routes, this.stats)
  }

  ask(path: string, times = 1, method = 'GET'): Route {
    let route = this.routes.other
    for (let at = 0; at < times; at++) {
      route = this.guessed.answered(method, path)
      this.stats.of(route).countEnded(false, 200)
    }
    return route
  }

  /** Requests by method and pattern, of routes that had some. */
  get counts(): Record<string, number> {
    const had = [...new Set(this.stats.all)].filter(({ endedTotal }) => endedTotal > 0)
    return Object.fromEntries(
      had.map(({ route, endedTotal }) => [`${route.method} ${route.pattern}`, endedTotal]),
    )
  }
}

const word = (random: () => number): string =>
  Array.from({ length: 8 }, () => String.fromCharCode(97 + integer(random, 0, 25))).join('')
const words = (count: number, seed = 1): string[] => {
  const random = seeded(seed)
  return Array.from({ length: count }, () => word(random))
}

describe('a place of the path', () => {
  it('is a parameter from the 49th value on that had few requests, and was one all along', () => {
    const asked = new Asked()
    const values = words(49)
    for (const value of values.slice(0, 48)) asked.ask(`/products/${value}`, 2)
    assert.equal(Object.keys(asked.counts).length, 48)
    asked.ask(`/products/${values[48]}`)
    assert.deepEqual(asked.counts, { 'GET /products/:id': 97 })
    const [first] = values
    assert.equal(
      asked.guessed.atArrival('GET', `/products/${first}`),
      asked.ask(`/products/${first}`),
    )
  })

  it('keeps the values that had 100 requests each', () => {
    const asked = new Asked()
    for (const value of words(60)) asked.ask(`/api/${value}`, 100)
    assert.equal(Object.keys(asked.counts).length, 60)
    asked.ask('/api/search', 100)
    asked.ask('/api/rare', 99)
    for (const value of words(48, 2)) asked.ask(`/api/${value}`)
    assert.deepEqual(
      [
        asked.counts['GET /api/search'],
        asked.counts['GET /api/:id'],
        asked.counts['GET /api/rare'],
      ],
      [100, 99 + 48, undefined],
    )
  })

  it('is one for all methods, and what is below its values is one too', () => {
    const asked = new Asked()
    for (const value of words(49)) {
      asked.ask(`/users/${value}/posts`)
      asked.ask(`/users/${value}`, 1, 'POST')
    }
    asked.ask('/users/a1b2c3')
    assert.deepEqual(asked.counts, {
      'GET /users/:id/posts': 49,
      'POST /users/:id': 49,
      'GET /users/:id': 1,
    })
  })

  it('takes no values from what is answered with 404', () => {
    const asked = new Asked()
    for (const value of words(400)) asked.guessed.atArrival('GET', `/${value}`)
    for (const value of words(40, 2)) asked.ask(`/${value}`)
    assert.equal(Object.keys(asked.counts).length, 40)
  })

  it('leaves a route alone that the app has declared', () => {
    const asked = new Asked()
    const declared = asked.routes.routeAt(asked.routes.child(asked.routes.root, '/abc'), 'GET')
    assert.equal(asked.ask('/abc'), declared)
    for (const value of words(49)) asked.ask(`/${value}`)
    assert.deepEqual(asked.counts, { 'GET /abc': 1, 'GET /:id': 49 })
  })
})

describe('random letters', () => {
  it('in three places take few routes, and hide nothing of what was asked', () => {
    const random = seeded(3)
    const asked = new Asked()
    for (let at = 0; at < 5000; at++) asked.ask(`/${word(random)}/${word(random)}/${word(random)}`)
    assert.deepEqual(asked.counts, { 'GET /:id/:id/:id': 5000 })
    // 49 for each of the three places before it was known to be a parameter, and one.
    assert.ok(asked.routes.routes.length <= 3 * 49 + 1, `${asked.routes.routes.length} routes`)
    assert.equal(asked.routes.overflowed, 0)
  })

  it('below 30 routes find a parameter each, though all their values at once have no place', () => {
    const random = seeded(4)
    const asked = new Asked()
    const places = words(30, 5)
    for (let at = 0; at < 20_000; at++)
      asked.ask(`/${places[integer(random, 0, 29)]}/${word(random)}`)
    const found = Object.keys(asked.counts).filter((route) => route.endsWith('/:id'))
    assert.equal(found.length, 30)
    const sum = Object.values(asked.counts).reduce((all, of) => all + of, 0)
    assert.equal(sum, 20_000)
  })

  it('that never end take a bounded number of places; what finds none is of (other)', () => {
    const asked = new Asked(16)
    // Each value is a route by itself: nothing can be said to vary.
    for (const value of words(40)) asked.ask(`/${value}`, 100)
    assert.equal(Object.keys(asked.counts).length, 17)
    assert.equal(asked.counts[' (other)'], 100 * 24)
    assert.ok(asked.routes.overflowed > 0)
  })
})
