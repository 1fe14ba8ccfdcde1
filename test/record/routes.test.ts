import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  knownMethod,
  MAX_PATTERN_CHARS,
  normalisePath,
  OTHER,
  pathOf,
  RouteTable,
} from '../../lib/record/routes'
import { integer, seeded } from '../support/random'

describe('pathOf', () => {
  const TABLE: Array<[target: string, path: string]> = [
    ['/items/42?token=secret', '/items/42'],
    ['/items#secret', '/items'],
    ['/a?b#c?d', '/a'],
    ['http://user:secret@host:80/items?token=secret', '/items'],
    ['http://user:secret@host', '/'],
    ['http://user:secret@host?token=/secret', '/'],
    ['HTTPS://user:secret@host/a', '/a'],
    ['user:secret@host:443', '*'],
    ['?token=http://secret/secret', '*'],
    ['*', '*'],
    ['', '*'],
  ]
  for (const [target, path] of TABLE) {
    it(`is ${path} of ${JSON.stringify(target)}`, () => assert.equal(pathOf(target), path))
  }
})

describe('normalisePath', () => {
  const TABLE: Array<[url: string, path: string]> = [
    ['/', '/'],
    ['/items', '/items'],
    ['/items/', '/items/'],
    ['/items?id=7', '/items'],
    ['/items#part', '/items'],
    ['/items/42', '/items/:n'],
    ['/items/42/', '/items/:n/'],
    ['/v1/items/007', '/v1/items/:n'],
    ['/users/9f8e7d6c-1b2a-4c3d-8e9f-0a1b2c3d4e5f/posts', '/users/:uuid/posts'],
    ['/users/9F8E7D6C1B2A4C3D8E9F0A1B2C3D4E5F', '/users/:uuid'],
    ['/files/d41d8cd98f00b204', '/files/:hash'],
    ['/days/2024-02-29', '/days/:date'],
    ['/days/2024-02-29T10:00:00.000Z', '/days/:date'],
    ['/months/2024-02', '/months/:date'],
    ['/deadbeef', '/deadbeef'], // no digit: a word
    ['/a1b2c3', '/:id'],
    ['/page2', '/page2'],
    ['/api-v2/items', '/api-v2/items'],
    [`/${'x'.repeat(64)}`, `/${'x'.repeat(64)}`],
    [`/${'x'.repeat(65)}`, '/:text'],
    ['/1/2/3/4/5/6/7/8', '/:n/:n/:n/:n/:n/:n/:n/:n'],
    ['/1/2/3/4/5/6/7/8/9', '/:n/:n/:n/:n/:n/:n/:n/:n/…'],
    // What strangers send.
    ['', '*'],
    ['*', '*'],
    ['host:443', '*'],
    ['http://host/items/42?q', '/items/:n'],
    ['http://host', '/'],
    ['http://host?q=/items', '/'],
    ['//items//42', '//items//:n'],
    ['/?', '/'],
    ['/../../etc/passwd', '/../../etc/passwd'],
    ['/%00%1b[31m1', '/:id'],
  ]
  for (const [url, path] of TABLE) {
    it(`folds ${JSON.stringify(url.slice(0, 60))} to ${JSON.stringify(path.slice(0, 60))}`, () => {
      assert.equal(normalisePath(url), path)
    })
  }

  it('folds what differs by number only to one path', () => {
    const paths = new Set(Array.from({ length: 1000 }, (_, id) => normalisePath(`/a/${id}/b`)))
    assert.equal(paths.size, 1)
  })

  it('stays short and never throws on 5,000 random URLs', () => {
    const random = seeded(4)
    const alphabet = '/?#%.:-_a1Zé\u0000\u001b\ud800 '
    for (let url = 0; url < 5000; url++) {
      const text = Array.from(
        { length: integer(random, 0, 400) },
        () => alphabet[integer(random, 0, alphabet.length - 1)],
      ).join('')
      const path = normalisePath(`/${text}`)
      assert.ok(path.startsWith('/'))
      assert.ok(path.length <= 9 * 65 + 2, `${path.length} characters`)
    }
  })

  it('takes a URL of a megabyte in linear time', { timeout: 5000 }, () => {
    for (const part of ['/1', '1', 'a-', '%', '.']) {
      normalisePath(`/${part.repeat(1_000_000 / part.length)}`)
    }
  })
})

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
