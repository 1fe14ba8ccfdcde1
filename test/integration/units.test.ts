/** Work that is no request, from the library that runs it to the line that names it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { UnitName } from '../../lib/schema/lines'
import { type App, type LineOf, ofEvent, startApp } from '../support/app'
import { UNIT_FIXTURES } from '../support/unit-libraries'

const FAST = {
  MEMPROF_LEAK_INTERVAL: '500ms',
  MEMPROF_INTERVAL: '500ms',
  MEMPROF_PAUSE_BUDGET: '0.5',
  MEMPROF_SAMPLING_BYTES: '8kb',
}

/** The line of a unit's leak; the others of the log are what was told beside it. */
async function told(app: App, unit: UnitName): Promise<LineOf<'leak'>> {
  await app.printed(new RegExp(`"event":"leak","scope":"route",.*${JSON.stringify(unit)}`))
  const leaks = ofEvent(app.lines, 'leak')
  // Until a trace has seen who runs it, nobody is blamed.
  const others = leaks.filter(({ scope, unit: of }) => scope !== 'open' && of?.name !== unit.name)
  assert.deepEqual(
    others.map(({ msg }) => msg),
    [],
  )
  return leaks.find(({ unit: of }) => of?.name === unit.name)!
}

describe('a unit of work that leaks', () => {
  it('is named in the place of the request that brings it about', async (t) => {
    const app = await startApp(t, join(UNIT_FIXTURES, 'graphql.cjs'), { env: FAST })
    const leak = await told(app, { kind: 'operation', name: 'mutation Keep' })
    assert.equal(leak.sites[0]?.function, 'keep')
    assert.deepEqual([leak.method, leak.route], [undefined, undefined])
    const { within = [] } = leak.trace!.units[0]!
    assert.deepEqual(within, [{ method: 'GET', route: '/keep', share: 1 }])
    assert.match(leak.msg, /^operation mutation Keep keeps [\d.]+ kB per operation \(95 %: /)
    await app.end('SIGTERM')
    const counts = new Map<string, number>()
    for (const { unit, route, requests } of ofEvent(app.lines, 'route')) {
      const name = unit ? `${unit.kind} ${unit.name}` : route!
      counts.set(name, (counts.get(name) ?? 0) + requests)
    }
    // One in flight at the end may have ended its operation and not its request.
    const beside = counts.get('operation mutation Keep')! - counts.get('/keep')!
    assert.ok(beside >= 0 && beside <= 8, `${beside} more`)
    assert.ok(counts.get('operation query Look')! > counts.get('operation mutation Keep')!)
  })

  it('is named by the path of a WebSocket, without its query', async (t) => {
    const app = await startApp(t, join(UNIT_FIXTURES, 'ws.cjs'), { env: FAST })
    const leak = await told(app, { kind: 'message', name: '/keep' })
    assert.equal(leak.sites[0]?.function, 'keep')
    assert.match(leak.msg, / per message /)
    assert.doesNotMatch(app.stdout, /secret/)
  })

  it('is what the app says, in a process without a server', async (t) => {
    const app = await startApp(t, join(UNIT_FIXTURES, 'own.cjs'), { env: FAST })
    const leak = await told(app, { kind: 'job', name: 'keep' })
    assert.match(leak.msg, / per job /)
    const [start] = ofEvent(app.lines, 'start')
    assert.equal(start?.listen, undefined)
  })
})
