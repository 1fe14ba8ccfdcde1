import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alongPath, pathOf, shortPath } from '../../lib/record/paths'
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

/** All steps along a path. */
function folded(url: string): string {
  return alongPath(url, '', (path, segment) => path + segment)
}

describe('alongPath', () => {
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
      assert.equal(folded(url), path)
    })
  }

  it('folds what differs by number only to one path', () => {
    const paths = new Set(Array.from({ length: 1000 }, (_, id) => folded(`/a/${id}/b`)))
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
      const path = folded(`/${text}`)
      assert.ok(path.startsWith('/'))
      assert.ok(path.length <= 9 * 65 + 2, `${path.length} characters`)
    }
  })

  it('takes a URL of a megabyte in linear time', { timeout: 5000 }, () => {
    for (const part of ['/1', '1', 'a-', '%', '.']) {
      folded(`/${part.repeat(1_000_000 / part.length)}`)
    }
  })
})

describe('shortPath', () => {
  it('is the path, up to 1,024 characters of it', () => {
    const longest = `/${'x'.repeat(1023)}`
    assert.equal(shortPath(`${longest}?token=secret`), longest)
    assert.equal(shortPath(`${longest}y`), `${longest.slice(0, 1023)}…`)
  })
})
