import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { Client, loadAtRate, Mix } from './load'
import { createRandom } from './random'

const ROUTES = [
  { name: 'often', weight: 3 },
  { name: 'seldom', weight: 1 },
  { name: 'held open', weight: 0 },
]

/** How often each comes in so many, with a step of the walk before every hundred. */
function picked(mix: Mix<(typeof ROUTES)[number]>, many: number): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let at = 0; at < many; at++) {
    if (at % 100 === 0) mix.step()
    const { name } = mix.pick()
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

describe('a mix', () => {
  it('that is steady keeps its weights, and leaves out what has none', () => {
    const { often, seldom, ...others } = picked(new Mix(ROUTES, 0, createRandom(1)), 40_000)
    assert.deepEqual(others, {})
    // Three standard deviations of a binomial.
    assert.ok(Math.abs(often! - 30_000) < 260, `${often} and ${seldom}`)
  })

  it('that drifts is the same for the same seed, and leaves its weights for a while', () => {
    const first = picked(new Mix(ROUTES, 0.45, createRandom(1)), 1000)
    assert.deepEqual(picked(new Mix(ROUTES, 0.45, createRandom(1)), 1000), first)
    const shares = Array.from({ length: 20 }, (_, seed) => {
      return picked(new Mix(ROUTES, 0.45, createRandom(seed)), 500)['often']! / 500
    })
    assert.ok(Math.max(...shares) - Math.min(...shares) > 0.2)
  })
})

describe('a load', () => {
  const server = http.createServer((req, res) => {
    if (req.url === '/fails') res.statusCode = 500
    res.end(req.url)
  })
  let port = 0
  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    port = (server.address() as AddressInfo).port
  })
  after(() => void server.close())

  it('in a closed loop sends as many as asked for, and counts the answers by status', async () => {
    const client = new Client(port)
    let sent = 0
    const next = (): { path: string } => ({ path: sent++ % 4 === 0 ? '/fails' : '/' })
    const answered = await client.sendMany(100, next)
    client.close()
    assert.deepEqual(Object.fromEntries(answered), { 200: 75, 500: 25 })
  })

  it('at a rate tells what it sent by route, what failed, and over how many connections', async () => {
    const routes = [
      { name: 'works', weight: 1, visit: () => ({ path: '/' }) },
      { name: 'fails', weight: 1, visit: () => ({ path: '/fails' }) },
    ]
    const { sent, errors, connections } = await loadAtRate({
      port,
      routes,
      seconds: 0.2,
      rate: 500,
      random: () => createRandom(3),
      pattern: { connections: () => 30 },
    })
    assert.ok(sent['works']! > 0)
    assert.equal(errors, sent['fails'])
    assert.equal(connections, 30)
  })
})
