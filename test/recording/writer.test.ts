import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from '../../lib/config/read'
import type { Emitter } from '../../lib/emit/emitter'
import type { Recorder } from '../../lib/record/recorder'
import { RouteStats } from '../../lib/record/route-stats'
import { LeakReport } from '../../lib/recording/leak-report'
import { RecordingWriter } from '../../lib/recording/writer'
import type { Line } from '../../lib/schema/lines'
import { AppByHand } from '../support/watched-app'

/** Writes of a recording by hand: its lines, and its warnings by their codes. */
class Written {
  readonly lines: Line[] = []
  readonly msgs: string[] = []
  readonly warned: string[] = []
  readonly stats: RouteStats[] = []
  readonly routes = { overflowed: 0, routes: [] }
  readonly writer: RecordingWriter
  readonly emitter: Emitter & { lost: number }

  constructor() {
    const { routes, stats } = this
    const emitter = {
      instance: '',
      isOn: () => true,
      write: (line: Line, msg: string) => {
        this.lines.push(line)
        this.msgs.push(msg)
      },
      writeText() {},
      lost: 0,
      flush() {},
      flushSync: () => true,
      close: () => 0,
    }
    this.emitter = emitter
    const ring = { dropped: 2 }
    this.writer = new RecordingWriter({
      config: readConfig({}).config,
      emitter,
      destination: 'stdout',
      recorder: { routes, stats, ring, requests: 7, inFlight: 1 } as unknown as Recorder,
      report: new LeakReport(emitter, { heapBytes: () => 0, rssBytes: () => 0 }),
      warn: (code) => this.warned.push(code),
    })
  }

  addRoute(pattern: string, requests: number): RouteStats {
    const stats = new RouteStats(new AppByHand([]).addRoute(pattern))
    for (let at = 0; at < requests; at++) stats.countEnded(false, 200)
    this.stats.push(stats)
    return stats
  }
}

describe('the lines of a recording', () => {
  it('name what is hooked and what is not, at the start', () => {
    const { writer, lines, msgs } = new Written()
    const express = { name: 'express', version: '4.0.0' }
    writer.writeStart(undefined, {
      hooked: [],
      notHooked: [{ ...express, why: 'too old' }],
    })
    assert.equal('listen' in lines[0]!, false)
    assert.match(msgs[0]!, /records; hooked: http only; not hooked: express \(too old\)$/)
  })

  it('have one of each route with requests in the interval, whose counts begin anew then', () => {
    const written = new Written()
    written.addRoute('/a', 3)
    written.addRoute('/b', 0)
    written.writer.writeRoutes()
    written.writer.writeRoutes()
    assert.deepEqual(written.msgs, ['GET /a: 3 requests, p50 0 ms, p99 0 ms'])
  })

  it('warn of routes that found no place', () => {
    const written = new Written()
    written.writer.writeRoutes()
    assert.deepEqual(written.warned, [])
    written.routes.overflowed = 1
    written.writer.writeRoutes()
    assert.deepEqual(written.warned, ['routes-full'])
  })

  it('count those that were lost, each once', () => {
    const written = new Written()
    written.writer.writeLost()
    written.emitter.lost = 2
    written.writer.writeLost()
    written.writer.writeLost()
    written.emitter.lost = 3
    written.writer.writeLost()
    assert.deepEqual(
      written.msgs.map((msg) => msg.slice(0, 7)),
      ['2 lines', '1 line '],
    )
  })

  it('end with the totals, and the verdict of each route that ended a request', () => {
    const written = new Written()
    written.addRoute('/a', 3).nextInterval()
    written.addRoute('/b', 0)
    const self = { cpuMs: 1, pauseMs: 2, heapBytes: 3 }
    written.writer.writeStop({ reason: 'exit', uptimeSeconds: 60, self })
    assert.deepEqual(written.lines, [
      {
        event: 'stop',
        reason: 'exit',
        uptimeSeconds: 60,
        requests: 7,
        inFlight: 1,
        dropped: 2,
        self,
        verdicts: [
          {
            method: 'GET',
            route: '/a',
            requestsTotal: 3,
            errorsTotal: 0,
            abortedTotal: 0,
            verdict: 'insufficient-data',
          },
        ],
      },
    ])
    assert.match(written.msgs[0]!, /^stopped \(exit\) after .*, 7 requests$/)
  })
})
