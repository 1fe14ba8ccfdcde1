import assert from 'node:assert/strict'
import http from 'node:http'
import { describe, it } from 'node:test'
import { type LineOf, ofEvent, startApp } from '../support/app'
import { request } from '../support/http'

const KEPT_BYTES = 10_240
/** Requests before the readings count: code is compiled and caches fill at first. */
const WARM_UP = 200
const MEASURED = 150

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

function cleanDeltas(lines: ReadonlyArray<LineOf<'request'>>): number[] {
  return lines
    .slice(WARM_UP)
    .filter((line) => line.clean)
    .map((line) => line.heapUsedDeltaBytes)
}

describe('MEMPROF_GC=request, with requests one at a time', () => {
  for (const [nodeArgs, keepAlive] of [
    [[], true],
    [['--expose-gc'], false],
  ] as Array<[string[], boolean]>) {
    const gc = nodeArgs.length === 0 ? 'without --expose-gc' : 'with --expose-gc'
    const how = `${gc}, ${keepAlive ? 'on one connection' : 'each on its own connection'}`
    it(`reads what a route keeps within 5 %, and nothing within 200 bytes, ${how}`, async (t) => {
      const medians: Record<string, number> = {}
      for (const route of ['/keeps', '/keeps-nothing']) {
        const app = await startApp(t, 'leaky.cjs', {
          nodeArgs,
          // From the first interval on memprof times the layers of each request, where they are this few.
          env: { MEMPROF_GC: 'request', MEMPROF_LEVEL: 'debug', MEMPROF_INTERVAL: '1s' },
        })
        const agent = keepAlive && new http.Agent({ keepAlive, maxSockets: 1 })
        for (let sent = 0; sent < WARM_UP + MEASURED; sent++) {
          await request(app.port, route, { agent })
        }
        if (agent) agent.destroy()
        const lines = ofEvent(await app.stop(), 'request')
        assert.equal(lines.length, WARM_UP + MEASURED)
        const deltas = cleanDeltas(lines)
        assert.ok(deltas.length > MEASURED / 2, `${deltas.length} clean requests`)
        medians[route] = median(deltas)
      }
      const read = `keeps ${medians['/keeps']}, keeps nothing ${medians['/keeps-nothing']} bytes`
      t.diagnostic(read)
      assert.ok(Math.abs(medians['/keeps']! - KEPT_BYTES) <= 0.05 * KEPT_BYTES, read)
      assert.ok(Math.abs(medians['/keeps-nothing']!) <= 200, read)
    })
  }

  it('gives the app no gc function, and leaves its own', async (t) => {
    const env = { MEMPROF_GC: 'request' }
    const without = await startApp(t, 'plain-http.mjs', { env })
    await request(without.port, '/ok')
    assert.equal(await without.ask('typeof gc'), 'undefined')
    const own = await startApp(t, 'plain-http.mjs', { env, nodeArgs: ['--expose-gc'] })
    await request(own.port, '/ok')
    assert.equal(await own.ask('typeof gc'), 'function')
  })

  it('counts its own pauses as its own cost', async (t) => {
    const app = await startApp(t, 'plain-http.mjs', { env: { MEMPROF_GC: 'request' } })
    for (let sent = 0; sent < 5; sent++) await request(app.port, '/ok')
    const [stop] = ofEvent(await app.stop(), 'stop')
    assert.ok(stop && stop.self.pauseMs > 0)
  })

  it('loses no request that ended just before the process did', async (t) => {
    const app = await startApp(t, 'plain-http.mjs', {
      env: { MEMPROF_GC: 'request', MEMPROF_LEVEL: 'debug' },
    })
    // Exits in the turn in which the response closes: memprof's second reading is yet to come.
    await app.ask(`void (() => {
      const { ServerResponse } = require('node:http')
      const { detachSocket } = ServerResponse.prototype
      ServerResponse.prototype.detachSocket = function (socket) {
        detachSocket.call(this, socket)
        process.nextTick(() => process.nextTick(() => process.exit()))
      }
    })()`)
    await request(app.port, '/ok').catch(() => {})
    await app.ended
    assert.equal(ofEvent(app.lines, 'request').length, 1)
    assert.equal(ofEvent(app.lines, 'stop')[0]?.inFlight, 0)
  })
})
