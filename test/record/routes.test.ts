import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { knownMethod, MAX_PATTERN_CHARS, OTHER, RouteTable } from '../../lib/record/routes'

describe('knownMethod', () => {
  it('keeps the methods of the standards and folds every other', () => {
    for (const method of ['GET', 'HEAD', 'POST', 'PATCH', 'QUERY']) {
      assert.equal(knownMethod(method), method)
    }
    for (const method of ['get', 'M-SEARCH', 'BREW', '', undefined, null, 'constructor']) {
      assert.equal(knownMethod(method), '_OTHER')
    }
  })
})

describe('RouteTable', () => {
  const table = (maxRoutes: number): RouteTable => new RouteTable(maxRoutes, () => null)

  it('gives the same route for the same method and pattern', () => {
    const routes = table(8)
    const node = routes.child(routes.child(routes.root, '/v1'), '/items/:id')
    const route = routes.routeAt(node, 'GET')
    assert.equal(route.pattern, '/v1/items/:id')
    assert.equal(routes.routeAt(node, 'GET'), route)
    assert.equal(routes.named('GET', '/v1/items/:id'), route)
    assert.notEqual(routes.routeAt(node, 'POST'), route)
    assert.equal(routes.overflowed, 0)
  })

  it('calls the root /', () => {
    const routes = table(8)
    assert.equal(routes.routeAt(routes.root, 'GET').pattern, '/')
  })

  it('puts a slash between a mount and a pattern without one', () => {
    const routes = table(8)
    const node = routes.child(routes.child(routes.root, '/v1'), '(/a|/b)')
    assert.equal(node.pattern, '/v1/(/a|/b)')
  })

  it('tells maxRoutes routes apart; the next shares (other), which counts', () => {
    const routes = table(3)
    const ids = ['/a', '/b', '/c'].map((pattern) => routes.named('GET', pattern).id)
    assert.equal(new Set(ids).size, 3)
    assert.ok(!ids.includes(routes.other.id))
    assert.equal(routes.overflowed, 0)
    assert.equal(routes.named('GET', '/d'), routes.other)
    assert.equal(routes.routeAt(routes.child(routes.root, '/e'), 'GET'), routes.other)
    assert.equal(routes.overflowed, 2)
    assert.equal(routes.other.pattern, OTHER)
    assert.equal(routes.named('GET', '/a').id, ids[0])
  })

  it('lets guesses from URLs take half of the places only', () => {
    const routes = table(8)
    const guesses = Array.from({ length: 20 }, (_, at) => routes.guessed('GET', `/wp-${at}`))
    assert.equal(guesses.filter(Boolean).length, 4)
    assert.equal(routes.overflowed, 0)
    assert.notEqual(routes.named('GET', '/items'), routes.other)
    assert.ok(routes.guessed('GET', '/items'))
  })

  it('does not grow without bound where an app makes routers per request', () => {
    const routes = table(4)
    const places = new Set<object>()
    for (let request = 0; request < 10_000; request++) {
      places.add(routes.child(routes.root, `/${request}`))
    }
    assert.ok(places.size <= 2 * 4 + 64 + 1, `${places.size} places`)
    const late = routes.child(routes.child(routes.root, '/late'), '/later')
    assert.equal(routes.routeAt(late, 'GET'), routes.other)
  })

  it(`cuts a pattern of more than ${MAX_PATTERN_CHARS} characters and keeps both apart`, () => {
    const routes = table(8)
    const longest = `/${'x'.repeat(MAX_PATTERN_CHARS - 1)}`
    assert.equal(routes.named('GET', longest).pattern, longest)
    const cut = routes.named('GET', `${longest}y`)
    assert.equal(cut.pattern.length, MAX_PATTERN_CHARS)
    assert.ok(cut.pattern.endsWith('…'))
    assert.notEqual(routes.named('GET', `${longest}z`), cut)
  })

  it('makes the label of a route once, named by method and pattern', () => {
    const made: string[] = []
    const routes = new RouteTable(8, (kind, name) => {
      made.push(`${kind} ${name}`)
      return null
    })
    const node = routes.child(routes.root, '/a')
    routes.routeAt(node, 'GET')
    routes.routeAt(node, 'GET')
    assert.deepEqual(
      made.filter((name) => !name.includes(OTHER)),
      ['route GET /a'],
    )
  })
})
