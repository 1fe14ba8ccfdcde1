import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeLine } from '../../../lib/cli/log/decode'
import type { LogLine } from '../../../lib/cli/log/log-line'
import { EVENTS } from '../../../lib/schema/events'
import type { Rows } from '../../../lib/schema/field'
import type { EventName } from '../../../lib/schema/lines'
import { checkLine, fullLine } from '../../support/line-schema'

type Fields = Record<string, unknown>

const NAMES = Object.keys(EVENTS) as EventName[]

function without(line: Fields, name: string): Fields {
  const { [name]: _, ...rest } = line
  return rest
}

function read(line: Fields): Fields {
  const found = decodeLine(line)
  assert.ok(found !== null && typeof found === 'object', JSON.stringify(found))
  return found as LogLine & Fields
}

/** What JSON has in a place where none of the kinds fits. */
const NO_KIND = Symbol('no kind')

describe('a line with every field of its event', () => {
  for (const event of NAMES) {
    it(`is one, and is read with all of them: ${event}`, () => {
      const { name, v, ...line } = fullLine(event)
      if (event === 'start') line['listen'] = { protocol: 'http', host: 'a', port: 80 }
      checkLine({ name, v, ...line } as unknown as { event: string })
      const found = read({ name, v, ...line })
      const isSaidByFields = ['route', 'process', 'request'].includes(event)
      assert.deepEqual(
        JSON.parse(JSON.stringify(found)),
        isSaidByFields ? { ...line, msg: '' } : line,
      )
    })

    it(`is none without a field that must be there, and lacks an optional one: ${event}`, () => {
      const rows: Rows = EVENTS[event].fields
      for (const [name, row] of Object.entries(rows)) {
        for (const line of [
          without(fullLine(event), name),
          { ...fullLine(event), [name]: NO_KIND },
        ]) {
          const found = decodeLine(line)
          if (found === null || typeof found === 'string') assert.ok(isNeeded(event, name), name)
          else if (row.kind !== 'flag' && row.kind !== 'open') {
            assert.ok(row.optional && !(name in found), name)
          }
        }
      }
    })
  }

  /** Needed by their rows, or by what ADJUSTMENTS says of the event. */
  function isNeeded(event: EventName, name: string): boolean {
    const rows: Rows = EVENTS[event].fields
    if (rows[name]!.optional !== true) return true
    return [
      'leak.method',
      'leak.route',
      'route.method',
      'route.route',
      'route.verdict',
      'process.leaks',
    ].includes(`${event}.${name}`)
  }
})

describe('what a row cannot say', () => {
  it('a route line without a verdict has none of its figures', () => {
    const found = read(without(fullLine('route'), 'verdict'))
    for (const name of ['retainedBytesPerRequest', 'ci95', 'floorBytesPerRequest']) {
      assert.equal(name in found, false, name)
    }
  })

  it('of no clean request there are no figures, of one or more all', () => {
    const line = fullLine('route')
    const figures = { mean: 1, p50: 1, max: 1 }
    const of = (heapDeltaBytes: Fields): unknown =>
      read({ ...line, heapDeltaBytes })['heapDeltaBytes']
    assert.deepEqual(of({ clean: 0, ...figures }), { clean: 0 })
    assert.deepEqual(of({ clean: 1, ...figures }), { clean: 1, ...figures })
    assert.equal(decodeLine({ ...line, heapDeltaBytes: { clean: 1, mean: 1 } }), 'wrong-type')
  })

  it('the event loop’s delay is 0 where none was measured', () => {
    const line = { ...fullLine('process'), eventLoop: { utilization: 0.5, delayP99Ms: null } }
    assert.deepEqual(read(line)['eventLoop'], { utilization: 0.5, delayP99Ms: 0 })
  })

  it('a server listens on a socket or at an address, or nothing is said of it', () => {
    const of = (listen: unknown): unknown => read({ ...fullLine('start'), listen })['listen']
    assert.deepEqual(of({ socket: '/run/a', port: 80 }), { socket: '/run/a' })
    const address = { protocol: 'https', host: '::', port: 443 }
    assert.deepEqual(of(address), address)
    assert.equal(of({ protocol: 'gopher', host: '::', port: 70 }), undefined)
    assert.equal(of('http'), undefined)
    assert.equal(decodeLine({ ...fullLine('start'), listen: { protocol: 'http' } }), 'wrong-type')
  })

  it('a leak of scope `route` names it; the others need not', () => {
    const line = without(fullLine('leak'), 'method')
    assert.equal(decodeLine({ ...line, scope: 'route' }), 'wrong-type')
    for (const scope of ['shared', 'process'])
      assert.equal(read({ ...line, scope })['scope'], scope)
  })

  it('a unit of work stands in the place of method and route, and is known by its kind and name', () => {
    const unit = { kind: 'job', name: 'mail' }
    const known = { method: 'job', route: 'mail', unit }
    const named = (of: Fields): Fields => ({ ...without(without(of, 'method'), 'route'), unit })
    const nameOf = ({ method, route, unit: own }: Fields): Fields => ({ method, route, unit: own })
    for (const event of ['route', 'leak'] as const) {
      const line = { ...named(fullLine(event)), ...(event === 'leak' ? { scope: 'route' } : {}) }
      checkLine(line as { event: string })
      assert.deepEqual(nameOf(read(line)), known)
      const wrong = { ...line, unit: { kind: 'request', name: 'mail' } }
      assert.equal(decodeLine(wrong), 'wrong-type')
    }
    const [verdict] = fullLine('stop')['verdicts'] as Fields[]
    const stopped = { ...fullLine('stop'), verdicts: [named(verdict!)] }
    assert.deepEqual(nameOf((read(stopped)['verdicts'] as Fields[])[0]!), known)
  })

  it('a verdict at the end that says nothing is `insufficient-data`', () => {
    const { verdicts } = fullLine('stop')
    const [verdict] = verdicts as Fields[]
    const line = { ...fullLine('stop'), verdicts: [without(verdict!, 'verdict')] }
    const [found] = read(line)['verdicts'] as Fields[]
    assert.equal(found!['verdict'], 'insufficient-data')
    assert.equal('ci95' in found!, false)
  })
})

describe('a line', () => {
  it('needs a time, a level and an instance of what every line has', () => {
    for (const name of ['time', 'level', 'instance']) {
      assert.equal(decodeLine(without(fullLine('warning'), name)), 'wrong-type', name)
    }
    const bare = { name: 'memprof', v: 1, event: 'warning', level: 40, time: 1, instance: 'i' }
    assert.deepEqual(read({ ...bare, code: 'c' }), {
      event: 'warning',
      code: 'c',
      level: 40,
      time: 1,
      pid: 0,
      hostname: '',
      service: '',
      version: '',
      instance: 'i',
      threadId: 0,
      msg: '',
    })
  })

  it('has names of 512 characters, sentences of 2048 and lists of 64 at most', () => {
    const long = 'x'.repeat(3000)
    const [site] = fullLine('leak')['sites'] as Fields[]
    const found = read({
      ...fullLine('leak'),
      route: long,
      msg: long,
      sites: Array.from({ length: 70 }, () => ({ ...site, stack: Array(70).fill(long) })),
    }) as unknown as LogLine & { event: 'leak' }
    assert.deepEqual([found.route?.length, found.msg.length], [512, 2048])
    assert.deepEqual([found.sites.length, found.sites[0]!.stack.length], [64, 64])
    assert.equal(found.sites[0]!.stack[0]!.length, 512)
  })

  it('at the end has a verdict for each route that there can be', () => {
    const [verdict] = fullLine('stop')['verdicts'] as Fields[]
    const line = { ...fullLine('stop'), verdicts: Array(5000).fill(verdict) }
    assert.equal((read(line)['verdicts'] as unknown[]).length, 4097)
  })

  it('below zero where nothing can be is no number', () => {
    assert.equal(decodeLine({ ...fullLine('leak'), retainedBytes: -1 }), 'wrong-type')
    const found = read({ ...fullLine('leak'), secondsToLimit: -1, keptRequestsShare: -0.1 })
    assert.deepEqual(['secondsToLimit' in found, 'keptRequestsShare' in found], [false, false])
  })
})
