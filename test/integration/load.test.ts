import assert from 'node:assert/strict'
import http from 'node:http'
import { describe, it } from 'node:test'
import { type LineOf, type LogLine, ofEvent, parseLines, startApp } from '../support/app'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../support/files'
import { integer, seeded } from '../support/random'

const CONNECTIONS = 200
const REQUESTS = 20_000
const ABORTS = 500
const ROUTES = 10

/** Sends all over `CONNECTIONS` kept-alive connections; returns how many of each route. */
async function sendLoad(port: number): Promise<{ sent: number[]; aborts: number[] }> {
  const random = seeded(6)
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const sent = Array.from({ length: ROUTES }, () => 0)
  const aborts = Array.from({ length: ROUTES }, () => 0)
  const toAbort = new Set<number>()
  while (toAbort.size < ABORTS) toAbort.add(integer(random, 0, REQUESTS - 1))
  let next = 0

  function send(path: string, abort: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = abort ? { 'x-leaves': '1' } : {}
      const req = http.request({ port, path, agent, headers }, (res) => {
        if (abort) {
          res.on('close', resolve).on('error', () => {})
          req.destroy()
        } else {
          res.resume().on('end', resolve).on('error', reject)
        }
      })
      req.on('error', reject)
      req.end()
    })
  }

  async function connection(): Promise<void> {
    while (next < REQUESTS) {
      const at = next++
      const route = integer(random, 0, ROUTES - 1)
      sent[route]!++
      if (toAbort.has(at)) aborts[route]!++
      await send(`/r${route}/${at}`, toAbort.has(at))
    }
  }

  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
  agent.destroy()
  return { sent, aborts }
}

function checkReadings(line: LineOf<'request'>): void {
  for (const name of ['rss', 'heapUsed', 'heapTotal', 'external', 'vsize'] as const) {
    const before = line[`${name}BeforeBytes`]
    const after = line[`${name}AfterBytes`]
    if (name === 'vsize' && before === undefined) continue
    assert.equal(line[`${name}DeltaBytes`], after! - before!)
  }
  assert.equal(line.clean, line.concurrency === 1 && line.gcs === 0)
  // A connection that was left may still be closing when the next one opens.
  assert.ok(line.concurrency >= 1 && line.concurrency <= CONNECTIONS + ABORTS)
  assert.ok(line.durationMs >= 0)
}

describe('10 routes, 200 connections, 20,000 requests of which 500 are aborted', () => {
  it('every request is in a route line, a request line and nowhere twice', async (t) => {
    const log = join(temporaryFolder(t), 'log.ndjson')
    const app = await startApp(t, 'ten-routes.cjs', {
      env: { MEMPROF_LEVEL: 'debug', MEMPROF_DESTINATION: log, MEMPROF_INTERVAL: '500ms' },
    })
    const { sent, aborts } = await sendLoad(app.port)
    await app.settled()
    await app.stop()
    const lines: LogLine[] = parseLines(readFileSync(log, 'utf8'))
    const stop = ofEvent(lines, 'stop')[0]
    assert.equal(stop?.dropped, 0)
    assert.equal(stop?.inFlight, 0)

    const requestLines = ofEvent(lines, 'request')
    const byRoute = new Map<string, { requests: number; aborted: number; lines: number }>()
    const at = (route: string): { requests: number; aborted: number; lines: number } => {
      let sums = byRoute.get(route)
      if (!sums) byRoute.set(route, (sums = { requests: 0, aborted: 0, lines: 0 }))
      return sums
    }
    for (const line of ofEvent(lines, 'route')) {
      at(line.route!).requests += line.requests
      at(line.route!).aborted += line.aborted
    }
    for (const line of requestLines) {
      checkReadings(line)
      at(line.route!).lines++
    }

    for (const [route, count] of sent.entries()) {
      const expected = { requests: count - aborts[route]!, aborted: aborts[route]!, lines: count }
      assert.deepEqual(byRoute.get(`/r${route}/:id`), expected, `route ${route}`)
    }
    assert.equal(byRoute.size, ROUTES)
    assert.equal(requestLines.length, REQUESTS)
  })
})
