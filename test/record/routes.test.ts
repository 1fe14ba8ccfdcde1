import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Label } from '../../lib/hooks/listener'
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

  it('knows the patterns that take every path, and so say nothing', () => {
    const kindOf = (pattern: string): string => {
      const routes = table(8)
      return routes.routeAt(routes.child(routes.child(routes.root, '/v1'), pattern), 'GET').kind
    }
    const all = [
      '*',
      '/*',
      '/*path',
      '/{*path}',
      '{/*path}',
      '(.*)',
      '/(.*)',
      '/{path*}',
      '/[...p]',
    ]
    for (const pattern of [...all, '[[...path]]'])
      assert.equal(kindOf(pattern), 'catch-all', pattern)
    for (const pattern of ['/files/*', '/files/{*path}', '/:path', '/a*', '/[id]', '']) {
      assert.equal(kindOf(pattern), 'declared', pattern)
    }
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
    for (let at = 0; at < 4; at++) {
      assert.ok(routes.takesGuesses)
      routes.named('GET', `/wp-${at}`)
    }
    assert.ok(!routes.takesGuesses)
    assert.notEqual(routes.named('GET', '/items'), routes.other)
  })

  it('makes one route of several that are renamed alike: their ids and labels are its', () => {
    const labelOf = (name: string): Label => ({ id: name.length, trampoline: {} }) as Label
    const routes = new RouteTable(2, (_, name) => labelOf(name))
    const [a, bb] = [routes.named('GET', '/a'), routes.named('GET', '/bb')]
    const into = routes.rename(a, '/a', '/:id')
    assert.equal(routes.rename(bb, '/bb', '/:id'), into)
    assert.deepEqual(
      [a, bb].map(({ id }) => routes.routes[id]),
      [into, into],
    )
    assert.deepEqual(into.formerLabels, [a.label, bb.label])
    assert.notEqual(routes.named('GET', '/c'), routes.other)
    assert.equal(routes.named('GET', '/d'), routes.other)
  })

  it('uses no id twice, and no more than four for each place', () => {
    const routes = table(2)
    const ids = new Set<number>()
    for (let at = 0; at < 100; at++) {
      const route = routes.named('GET', `/${at}`)
      if (route === routes.other) break
      ids.add(route.id)
      routes.rename(route, `/${at}`, '/:id')
    }
    assert.equal(ids.size, 7)
    assert.ok(!routes.takesGuesses)
    assert.equal(routes.routes.length, 9)
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
