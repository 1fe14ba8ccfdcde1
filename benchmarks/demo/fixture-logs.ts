/**
 * Writes test/fixtures/logs by running the demo's shop under the preload, with the demo's traffic:
 *
 *   npm run build && node dist/benchmarks/demo/fixture-logs.js
 *
 * Host names are replaced, nothing else: tests read what memprof writes. Takes two minutes; the files
 * are written anew only when the lines themselves change.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launchApp } from '../../test/support/app'
import { ROOT } from '../../test/support/files'
import { visitShop } from './traffic'
import { SHOP } from './truth'

const FOLDER = join(ROOT, 'test/fixtures/logs')

interface Life {
  readonly version: string
  readonly seconds: number
  readonly end: 'SIGTERM' | 'SIGKILL'
  readonly env?: Record<string, string>
}

const OFTEN = {
  MEMPROF_INTERVAL: '3s',
  MEMPROF_LEAK_INTERVAL: '2s',
  MEMPROF_PAUSE_BUDGET: '0.05',
}

const LOGS: Readonly<Record<string, readonly Life[]>> = {
  /** One process, its leak found, an end in order. */
  'shop.ndjson': [{ version: '1.0.0', seconds: 30, end: 'SIGTERM' }],
  /** Killed, and started again as another version. */
  'restarted.ndjson': [
    { version: '1.0.0', seconds: 30, end: 'SIGKILL' },
    { version: '1.1.0', seconds: 30, end: 'SIGTERM' },
  ],
  /** Too short for a verdict. */
  'short.ndjson': [{ version: '1.0.0', seconds: 2, end: 'SIGTERM' }],
  'leaks-off.ndjson': [
    { version: '1.0.0', seconds: 2, end: 'SIGTERM', env: { MEMPROF_LEAKS: 'off' } },
  ],
}

/** Everything the process prints, one life after the other. */
async function record({ version, seconds, end, env = {} }: Life): Promise<string> {
  let printed = ''
  const server = await launchApp(SHOP, {
    env: { ...OFTEN, MEMPROF_SERVICE: 'shop', MEMPROF_VERSION: version, ...env },
    control: null,
    onLine: (line) => {
      printed += `${line.replace(/"hostname":"[^"]*"/, '"hostname":"shop-1"')}\n`
    },
  })
  await visitShop(server.port, seconds)
  await server.end(end)
  return printed
}

async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  for (const [name, lives] of Object.entries(LOGS)) {
    let log = ''
    for (const life of lives) log += await record(life)
    writeFileSync(join(FOLDER, name), log)
    process.stderr.write(`${name}: ${log.split('\n').length - 1} lines\n`)
  }
}

void main()
