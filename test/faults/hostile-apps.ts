/** Apps that break what everybody uses, and runs of Node in which less is allowed. */
import assert from 'node:assert/strict'
import { type App, ofEvent, type Stage, startApp } from '../support/app'
import { REGISTER } from '../support/files'
import { request } from '../support/http'
import { sendMany, startFaulty } from './faulty-app'
import type { Figures, Scenario } from './scenario'

const NODE_MAJOR = Number(process.versions.node.split('.')[0])

/** What is broken; where the app must be seen to notice before it is asked to end, what it prints. */
const BROKEN: ReadonlyArray<[what: string, until?: RegExp]> = [
  ['Array.prototype'],
  ['Map.prototype'],
  ['JSON'],
  ['Math'],
  ['Object'],
  ['Reflect'],
  ['Buffer'],
  ['no Buffer'],
  ['Date'],
  ['Promise'],
  ['console'],
  ['timers'],
  ['performance.now'],
  ['process.memoryUsage'],
  ['process.exit'],
  ['process.on'],
  ['process.emit that throws', /signals-left/],
  ['process.emit that does nothing', /signals-left/],
  ['fs'],
  ['vm.Script'],
  ['Object.prototype'],
  ['frozen intrinsics'],
]
/** With these an app does not come to listen, or to tell its port, without memprof either. */
const NEVER_EARLY = /^(process|Object)/

interface Lived {
  readonly answers: string[]
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly app: App
}

async function live(
  stage: Stage,
  what: string,
  early: boolean,
  preload: readonly string[],
  until?: RegExp,
): Promise<Lived> {
  const app = await startApp(stage, 'breaks.cjs', {
    env: { MEMPROF_INTERVAL: '100ms', MEMPROF_LEAK_INTERVAL: '500ms' },
    preload,
    // No code but the app's and memprof's in there.
    control: null,
    channel: true,
    args: [what, ...(early ? ['early'] : [])],
  })
  const answers: string[] = []
  // Ten hook failures and memprof steps back, its signal handlers too: requests enough for that to be
  // over, since Node loses a signal that comes in the turn in which its last listener leaves.
  const paths = ['/a', '/break', '/b', '/c', '/d', ...new Array<string>(15).fill('/a')]
  for (const path of early ? paths.filter((path) => path !== '/break') : paths) {
    const { status, body } = await request(app.port, path)
    answers.push(`${status} ${body}`)
  }
  if (until && preload.length > 0) await app.printed(until)
  const { code, signal } = await app.end('SIGTERM')
  return { answers, code, signal, app }
}

function linesWith(beginning: string, { stderr }: App): string[] {
  return stderr.split('\n').filter((line) => line.startsWith(beginning))
}

function breaks([what, until]: (typeof BROKEN)[number]): Scenario {
  return {
    claim: `an app that breaks ${what} answers and ends as without memprof`,
    how: 'with its first requests, and before it listens; the same app without memprof beside it',
    times: 2,
    async run(stage) {
      let messages = 0
      for (const early of NEVER_EARLY.test(what) ? [false] : [false, true]) {
        const [lived, without] = await Promise.all([
          live(stage, what, early, ['-r', REGISTER], until),
          live(stage, what, early, []),
        ])
        assert.deepEqual(lived.answers, without.answers)
        assert.deepEqual([lived.code, lived.signal], [without.code, without.signal])
        const told = linesWith('memprof: ', lived.app)
        assert.equal(
          linesWith('uncaught: ', lived.app).length,
          linesWith('uncaught: ', without.app).length,
        )
        messages = Math.max(messages, told.length)
        assert.ok(told.length <= 3, lived.app.stderr)
      }
      return { 'messages on stderr': messages }
    },
  }
}

interface Restricted {
  readonly flags: readonly string[]
  readonly hindrance?: () => string | null
  /** Codes of the warnings that tell what cannot be done. */
  readonly warnings: readonly string[]
  /** True: memprof may only say that it cannot make lines. */
  readonly mayStayOut?: boolean
}

/** Its name before Node 22.13, and one permission more since 25. */
const PERMISSION_FLAGS = [
  NODE_MAJOR === 20 ? '--experimental-permission' : '--permission',
  '--allow-fs-read=*',
  ...(NODE_MAJOR >= 25 ? ['--allow-net'] : []),
]

const RESTRICTED: readonly Restricted[] = [
  { flags: ['--disallow-code-generation-from-strings'], warnings: [] },
  { flags: ['--jitless'], warnings: [] },
  { flags: ['--max-old-space-size=64'], warnings: [] },
  { flags: ['--disable-proto=throw'], warnings: [] },
  // Node 20 does not let pino read its caller's stack then.
  { flags: ['--frozen-intrinsics'], warnings: [], mayStayOut: NODE_MAJOR === 20 },
  { flags: PERMISSION_FLAGS, warnings: ['heap-profiler-denied'] },
]

function restricted({ flags, hindrance, warnings, mayStayOut }: Restricted): Scenario {
  const named = flags[0]!.replace('experimental-permission', 'permission')
  return {
    claim: `under ${named} an app runs, is recorded, and told what cannot be done`,
    how: flags.join(' '),
    times: 3,
    ...(hindrance ? { hindrance } : {}),
    async run(stage): Promise<Figures> {
      const app = await startFaulty(stage, { nodeArgs: flags })
      assert.equal(await sendMany(app.port, 100), 100)
      const lines = await app.stop()
      assert.equal((await app.ended).signal, 'SIGTERM')
      if (mayStayOut && lines.length === 0) {
        const told = linesWith('memprof: ', app)
        assert.match(told[0]!, /no lines can be made \(.*\); the app runs on without them$/)
        assert.match(told[1]!, /^memprof: 4 lines could not be written to stdout$/)
        return { 'requests recorded': 0, 'messages on stderr': told.length }
      }
      assert.doesNotMatch(app.stderr, /memprof:/)
      const told = ofEvent(lines, 'warning').map(({ code }) => code)
      assert.deepEqual(told, warnings)
      const [route] = ofEvent(lines, 'route')
      assert.equal(route?.requests, 100)
      return { 'requests recorded': 100, warnings: told.length }
    },
  }
}

export const hostileApps: readonly Scenario[] = [
  ...BROKEN.map(breaks),
  ...RESTRICTED.map(restricted),
]
