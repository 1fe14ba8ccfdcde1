/**
 * 300 behaviours of http servers and of the frameworks on them, each recorded in a process without
 * memprof and in one with it, and compared event for event.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { REGISTER, ROOT, temporaryFolder } from '../support/files'
import { runNode } from '../support/node'

type Recorded = Record<string, unknown>

const MAIN = join(ROOT, 'test/fixtures/conformance/main.cjs')
/** Timers of every kind run while the behaviours do. */
const BUSY = {
  MEMPROF_INTERVAL: '100ms',
  MEMPROF_LEAK_INTERVAL: '500ms',
  MEMPROF_LEVEL: 'debug',
  MEMPROF_PAUSE_BUDGET: '0.1',
}

/** What an app can see of memprof, and why. docs/environments.md names the same. */
const KNOWN: ReadonlyArray<readonly [pattern: RegExp, why: string]> = [
  [/^shapes: (names|Object.keys) of (net.Server|http.ServerResponse).prototype$/, 'an own emit'],
  [/^shapes: the source of .*(Server|Response)\.prototype\.emit$/, 'functions that are wrapped'],
  [/^shapes: the source of Module\.prototype\.\w+$/, 'functions that are wrapped'],
  [/^shapes: what hangs on .*(Server|Response)\.prototype\.emit$/, 'the way to what is wrapped'],
  [/^shapes: what hangs on Module\.prototype\._compile$/, 'the way to what is wrapped'],
  [/^shapes: the source of connect and finalhandler$/, 'functions that are wrapped'],
  [/^shapes: .* process\._kill, abort and reallyExit$/, 'the last lines are written'],
  [/^shapes: listeners of process for exit and signals$/, 'the last lines are written'],
  [/^shapes: the keys of require.cache$/, 'modules of memprof'],
  [/^errors: the whole text of a stack of the default length$/, 'frames that carry the route'],
  [/^frameworks: Connect: a layer holds the function that was given$/, 'no class to patch'],
]

describe('with memprof a server behaves as without', () => {
  const folder = temporaryFolder({ after: (clean) => process.on('exit', clean) })
  let without: Recorded = {}
  let shown: Recorded = {}

  /** With memprof's own lines in the file `log`, beside the recordings. */
  async function record(preload: string[], titles: readonly string[] = []): Promise<Recorded> {
    const output = join(folder, preload.length > 0 ? 'with' : 'without')
    const env = { ...BUSY, MEMPROF_DESTINATION: join(folder, titles.length > 0 ? 'again' : 'log') }
    const { code, stderr } = await runNode([...preload, MAIN, output, ...titles], { env })
    assert.equal(code, 0, stderr)
    return JSON.parse(readFileSync(output, 'utf8')) as Recorded
  }

  before(async () => {
    ;[without, shown] = await Promise.all([record([]), record(['-r', REGISTER])])
  })

  function differing(): string[] {
    return Object.keys(without).filter((title) => {
      const same = JSON.stringify(shown[title]) === JSON.stringify(without[title])
      return !same && !KNOWN.some(([pattern]) => pattern.test(title))
    })
  }

  it('in each of at least 300 behaviours', async () => {
    assert.deepEqual(Object.keys(shown), Object.keys(without))
    assert.ok(Object.keys(without).length >= 300, String(Object.keys(without).length))
    const titles = differing()
    if (titles.length === 0) return
    // What a busy machine made different is the same when it is looked at again.
    Object.assign(without, await record([], titles))
    Object.assign(shown, await record(['-r', REGISTER], titles))
    const pick = (from: Recorded): Recorded =>
      Object.fromEntries(differing().map((title) => [title, from[title]]))
    assert.deepEqual(pick(shown), pick(without))
  })

  it('but for what is known to differ, which does', () => {
    for (const [pattern, why] of KNOWN) {
      const titles = Object.keys(without).filter((title) => pattern.test(title))
      assert.notEqual(titles.length, 0, `no behaviour is called ${pattern}`)
      for (const title of titles)
        assert.notDeepEqual(shown[title], without[title], `${title}: ${why}`)
    }
  })

  it('and each behaviour came to its end and saw something', () => {
    for (const [title, tracks] of Object.entries(without)) {
      assert.notDeepEqual(tracks, {}, title)
      assert.doesNotMatch(JSON.stringify(tracks), /did not end|\[ReferenceError/, title)
    }
  })

  it('while memprof recorded their requests', () => {
    const log = readFileSync(join(folder, 'log'), 'utf8')
    assert.match(log, /"event":"stop"/)
    assert.ok(Number(/"event":"stop".*?"requests":(\d+)/.exec(log)?.[1]) > 100)
    assert.doesNotMatch(log, /"code":"(hook-failed|internal)"/)
  })
})
