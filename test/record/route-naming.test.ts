import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { middlewareLayer } from '../../lib/hooks/layers'
import { RequestState } from '../../lib/record/request-state'
import { RouteNaming } from '../../lib/record/route-naming'
import { RouteStatsTable } from '../../lib/record/route-stats'
import { RouteTable } from '../../lib/record/routes'

const server = {}

function opened(): { routes: RouteTable; stats: RouteStatsTable; naming: RouteNaming } {
  const routes = new RouteTable(16, () => null)
  const stats = new RouteStatsTable(routes)
  return { routes, stats, naming: new RouteNaming(routes, stats) }
}

function stateOf(fields: Partial<RequestState>): RequestState {
  return Object.assign(new RequestState(), { method: 'GET', status: 200, url: '/items/7' }, fields)
}

describe('without a framework a route', () => {
  it('is the folded path, once anything but 404 was the answer', () => {
    const { naming, stats } = opened()
    assert.equal(naming.name(stateOf({ status: 404 })).pattern, '(unmatched)')
    const found = naming.name(stateOf({}))
    assert.equal(found.pattern, '/items/:n')
    assert.equal(naming.name(stateOf({ route: found, status: 404 })).pattern, '(unmatched)')
    stats.of(found).countEnded(false, 200)
    assert.equal(naming.name(stateOf({ route: found, status: 404 })), found)
  })

  it('is guessed at the arrival, while half of the places last', () => {
    const { naming } = opened()
    const guesses = Array.from({ length: 20 }, (_, at) =>
      naming.guess(stateOf({ url: `/${'x'.repeat(at + 1)}` })),
    )
    assert.equal(guesses.filter(Boolean).length, 8)
    assert.equal(naming.guess(stateOf({ url: '/x' })), guesses[0])
  })

  it('is that of all OPTIONS where a framework answers on that server', () => {
    const { naming } = opened()
    const options = { method: 'OPTIONS', server }
    assert.equal(naming.name(stateOf(options)).pattern, '/items/:n')
    naming.leaveToFramework(stateOf({ server }))
    assert.equal(naming.name(stateOf(options)).pattern, '(options)')
    assert.equal(naming.name(stateOf({ ...options, status: 404 })).pattern, '(unmatched)')
  })
})

describe('under a framework a route', () => {
  function name(fields: Partial<RequestState>): string {
    const { naming, routes } = opened()
    const state = stateOf({ server, route: routes.named('GET', '/guess') })
    naming.leaveToFramework(state)
    return naming.name(Object.assign(state, fields)).pattern
  }
  const audit = middlewareLayer(function audit() {})

  it('is what the framework matched, and never the guess', () => {
    const { routes } = opened()
    const matched = routes.routeAt(routes.child(routes.root, '/items/:id'), 'GET')
    assert.equal(name({ route: matched }), '/items/:id')
    assert.equal(name({ route: matched, status: 404 }), '/items/:id')
    assert.equal(name({}), '(unmatched)')
  })

  it('is the path below a pattern that takes every path, folded, and the pattern where that was not found', () => {
    const { naming, routes, stats } = opened()
    const mount = routes.child(routes.root, '/app')
    const ask = (url: string, status = 200): string => {
      const state = stateOf({ server, url, status })
      naming.leaveToFramework(state)
      state.route = naming.matched(routes.child(mount, '/{*path}'), state)
      const route = naming.name(state)
      stats.of(route).countEnded(false, status)
      return route.pattern
    }
    assert.equal(ask('/app/wp-login', 404), '/app/{*path}')
    assert.equal(ask('/app/search?q=1'), '/app/search')
    assert.equal(ask('/app/search?q=1', 404), '/app/search')
    assert.equal(ask('/app/items/7'), '/app/items/:n')
    const words = Array.from({ length: 49 }, (_, at) => `/app/pages/${'x'.repeat(at + 1)}`)
    assert.deepEqual(new Set(words.map((url) => ask(url)).slice(48)), new Set(['/app/pages/:id']))
    assert.equal(ask(words[0]!), '/app/pages/:id')
  })

  it('is unmatched where the last resort answered, or 404 did without a route', () => {
    const { routes } = opened()
    assert.equal(name({ unmatched: true, route: routes.named('GET', '/items') }), '(unmatched)')
    assert.equal(name({ status: 404, lastLayer: audit }), '(unmatched)')
  })

  it('is where the middleware that answered was mounted, or its name', () => {
    const { routes } = opened()
    const node = routes.child(routes.root, '/static')
    assert.equal(name({ node, lastLayer: audit }), '/static')
    assert.equal(name({ node: routes.root, lastLayer: audit }), '(audit)')
    assert.equal(name({ method: 'OPTIONS', lastLayer: audit }), '(options)')
  })
})
