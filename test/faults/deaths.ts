/** The ways a process ends, and what is on disk then. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type App, type LogLine, ofEvent, parseLines, type Stage, startApp } from '../support/app'
import { temporaryFolder } from '../support/files'
import { request } from '../support/http'
import { sendMany, startFaulty, writeLines } from './faulty-app'
import type { Scenario } from './scenario'

const onWindows = (): string | null => (process.platform === 'win32' ? 'not on Windows' : null)

function linesOf(log: string): LogLine[] {
  const text = readFileSync(log, 'utf8')
  assert.ok(text.endsWith('\n'), 'the last line is whole')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine)
}

function requestsIn(lines: readonly LogLine[]): number {
  return ofEvent(lines, 'route').reduce((sum, line) => sum + line.requests, 0)
}

/** The app is gone at once. @returns its lines */
async function dies(
  stage: Stage,
  die: (app: App) => void,
  by: NodeJS.Signals,
): Promise<readonly LogLine[]> {
  const log = join(temporaryFolder(stage), 'log')
  const app = await startFaulty(stage, {
    env: { MEMPROF_DESTINATION: log, MEMPROF_INTERVAL: '100ms' },
    shell: 'ulimit -c 0; exec "$0" "$@"',
  })
  await sendMany(app.port, 50)
  while (requestsIn(parseLines(readFileSync(log, 'utf8'))) < 50) await app.ask('0')
  await sendMany(app.port, 10)
  die(app)
  const { signal } = await app.ended
  assert.equal(signal, by)
  return linesOf(log)
}

async function throws(stage: Stage, preload?: readonly string[]): Promise<App> {
  const app = await startFaulty(stage, preload ? { preload } : {})
  await sendMany(app.port, 20)
  await request(app.port, '/throw').catch(() => {})
  await app.ended
  return app
}

/** More requests than fit into the heap by far. */
const MAX_REQUESTS = 50_000

export const deaths: readonly Scenario[] = [
  {
    claim: 'SIGKILL takes the lines of one interval at most, and breaks none',
    how: 'SIGKILL under load',
    times: 20,
    hindrance: onWindows,
    async run(stage) {
      const lines = await dies(stage, (app) => app.child.kill('SIGKILL'), 'SIGKILL')
      const told = requestsIn(lines)
      assert.ok(told >= 50 && told <= 60)
      return { 'requests of the last interval told, of 10': told - 50 }
    },
  },
  {
    claim: 'process.abort() takes no line',
    how: 'process.abort() under load',
    times: 10,
    hindrance: onWindows,
    async run(stage) {
      const abort = (app: App): void => void app.ask('process.abort()').catch(() => {})
      const lines = await dies(stage, abort, 'SIGABRT')
      assert.equal(ofEvent(lines, 'stop')[0]?.reason, 'SIGABRT')
      const told = requestsIn(lines)
      assert.equal(told, 60)
      return { 'requests of the last interval told, of 10': told - 50 }
    },
  },
  {
    claim: 'SIGINT twice ends the process by SIGINT, though nobody reads its lines',
    how: 'a pipe that is full and not read, then SIGINT two times',
    times: 3,
    hindrance: onWindows,
    async run(stage) {
      const path = join(temporaryFolder(stage), 'pipe')
      execFileSync('mkfifo', [path])
      const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
      const stdout = openSync(path, constants.O_WRONLY)
      const app = await startFaulty(stage, { stdout, env: { MEMPROF_LEVEL: 'debug' } })
      stage.after(() => [reader, stdout].forEach((descriptor) => closeSync(descriptor)))
      await sendMany(app.port, 200)
      await writeLines(app)
      await app.settled()
      app.child.kill('SIGINT')
      app.child.kill('SIGINT')
      const { signal } = await app.ended
      assert.equal(signal, 'SIGINT')
      return {}
    },
  },
  {
    claim:
      'an exception inside a handler ends the process as without memprof, its last lines written',
    how: 'a handler that throws; the same app without memprof beside it',
    times: 5,
    async run(stage) {
      const [app, without] = await Promise.all([throws(stage), throws(stage, [])])
      const { code } = await app.ended
      assert.equal(code, (await without.ended).code)
      assert.match(app.stderr, /Error: planted/)
      assert.equal(app.lines.at(-1)?.event, 'stop')
      assert.equal(requestsIn(app.lines), 20)
      return { 'exit code': code! }
    },
  },
  {
    claim: 'a stack that overflows inside handlers is answered as without memprof, and recorded',
    how: 'a handler that recurses to the end of the stack, then answers from three tenths of the way down, 30 times',
    times: 5,
    async run(stage) {
      const app = await startFaulty(stage)
      assert.equal(await sendMany(app.port, 30, '/overflow'), 30)
      await app.stop()
      assert.equal(requestsIn(app.lines), 30)
      assert.equal(app.stderr, '')
      return { 'answered and recorded, of 30': 30 }
    },
  },
  {
    claim:
      'a heap that runs full: a warning and a profile are on disk before the process dies of it',
    how: '--max-old-space-size=64 and a leak, until V8 ends the process',
    times: 3,
    async run(stage) {
      const folder = temporaryFolder(stage)
      const log = join(folder, 'log')
      const app = await startApp(stage, 'fills-heap.cjs', {
        nodeArgs: ['--max-old-space-size=64'],
        env: { MEMPROF_DESTINATION: log, MEMPROF_PROFILE_DIR: folder },
      })
      let alive = true
      void app.ended.then(() => {
        alive = false
      })
      let sent = 0
      for (; alive && sent < MAX_REQUESTS; sent++) {
        await request(app.port, '/').catch(() => {
          alive = false
        })
      }
      const { code, signal } = await app.ended
      assert.ok(code !== 0 || signal !== null, 'the heap ran full')
      const lines = linesOf(log)
      assert.deepEqual(
        ofEvent(lines, 'warning').map((line) => line.code),
        ['near-heap-limit'],
      )
      const profiles = readdirSync(folder).filter((name) =>
        name.endsWith('near-heap-limit.heapprofile'),
      )
      assert.equal(profiles.length, 1)
      const profile = JSON.parse(readFileSync(join(folder, profiles[0]!), 'utf8')) as object
      assert.deepEqual(Object.keys(profile), ['head', 'samples'])
      return { 'profiles on disk': 1, 'requests until the end': sent }
    },
  },
]
