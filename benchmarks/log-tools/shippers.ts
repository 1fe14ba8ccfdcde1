/**
 * What stands between memprof and a store: logrotate and pino's transports, each with its file of
 * docs/log-tools and folders of our own. All lines must come out, and nothing else.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SHOP } from '../demo/truth'
import { launchApp } from '../../test/support/app'
import { ROOT } from '../../test/support/files'
import { installed } from './duckdb'

/** For a shipper to hand over what it has. */
const DEADLINE_MS = 60_000
const STEP_MS = 100

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

async function until(what: string, done: () => boolean): Promise<void> {
  for (let waitedMs = 0; !done(); waitedMs += STEP_MS) {
    if (waitedMs > DEADLINE_MS) throw new Error(`${what} within ${DEADLINE_MS} ms`)
    await wait(STEP_MS)
  }
}

/** A shop under the preload, its log rotated while it runs. */
export async function runLogrotate(folder: string): Promise<string> {
  const log = path.join(folder, 'memprof.ndjson')
  const config = readFileSync(path.join(ROOT, 'docs/log-tools/logrotate.conf'), 'utf8')
  const file = path.join(folder, 'logrotate.conf')
  writeFileSync(file, config.replaceAll('/var/log/shop', folder))
  const env = { MEMPROF_DESTINATION: log, MEMPROF_INTERVAL: '200ms' }
  const shop = await launchApp(SHOP, { env, control: null })
  await until('no lines before the rotation', () => linesOf(log).length > 3)
  const state = path.join(folder, 'state')
  const rotated = spawnSync('logrotate', ['--force', '--state', state, file], { encoding: 'utf8' })
  if (rotated.status !== 0) throw new Error(rotated.stderr)
  await until('no lines after the rotation', () => linesOf(log).length > 3)
  await shop.end('SIGTERM')
  const before = linesOf(`${log}.1`)
  const after = linesOf(log)
  const events = [...before, ...after].map((line) => (JSON.parse(line) as { event: string }).event)
  if (events[0] !== 'start' || events.at(-1) !== 'stop') throw new Error('lines are missing')
  return `${before.length} lines before the rotation, in memprof.ndjson.1, and ${after.length} after it, in memprof.ndjson: from \`start\` to \`stop\`, whole.`
}

/** The lines of a log through pino-roll, in the script that takes any transport. */
export async function runTransport(log: string, folder: string): Promise<string> {
  // Beside pino-roll, and below memprof's own pino: found by their names, as in a project.
  const script = path.join(installed('transport'), '../../transport.cjs')
  copyFileSync(path.join(ROOT, 'docs/log-tools/transport.cjs'), script)
  const lines = linesOf(log)
  const options = { file: path.join(folder, 'rolled/shop'), size: '1m', mkdir: true }
  const child = spawn(process.execPath, [script, 'pino-roll', JSON.stringify(options)], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const ended = once(child, 'exit') as Promise<[number | null]>
  child.stdin.end(`${lines.join('\n')}\n`)
  const [code] = await ended
  if (code !== 0) throw new Error(`the transport ended with ${code}`)
  const files = readdirSync(path.join(folder, 'rolled')).sort(
    (a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1]),
  )
  const out = files.flatMap((file) => linesOf(path.join(folder, 'rolled', file)))
  if (out.join('\n') !== lines.join('\n')) {
    throw new Error(`${out.length} of ${lines.length} lines came through pino-roll`)
  }
  return `${lines.length} lines in, the same ${out.length} out, whole and in order.`
}
