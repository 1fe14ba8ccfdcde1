/**
 * Fills the blocks of the docs that show a run of memprof, so that nothing there is typed by hand.
 * What needs no run: docs.ts. The README's table of cost is filled by the overhead benchmark.
 *
 *   npm run readme [-- --only two-minutes,demo,by-hand,api]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { cleanEnv, launchApp } from '../../test/support/app'
import { ROOT } from '../../test/support/files'
import { request } from '../../test/support/http'
import { Client } from '../../test/support/load'
import { SHOP } from '../demo/truth'
import { fenced, writeBlock } from '../support/blocks'
import { API_EXAMPLE } from './made'
import { APP, runTwoMinutes } from './two-minutes'

/** Of the one URL asked again and again. The first ones load and compile: not counted. */
const BY_HAND_REQUESTS = 1000
const BY_HAND_FROM = 200
const BY_HAND_PATH = '/search?q=oak+lamp'

/** What each of `--only` runs and fills. */
const RUNS: Readonly<Record<string, () => Promise<void>>> = {
  'two-minutes': twoMinutes,
  demo: async () => writeBlock('docs/verdicts.md', 'demo', await runDemo()),
  'by-hand': async () => writeBlock('docs/api.md', 'by-hand', await askByHand()),
  api: runApiExample,
}

/** The first answer, in the README; all of the screen, the app and the leak's line where they are explained. */
async function twoMinutes(): Promise<void> {
  const { shown, leakLine } = await runTwoMinutes()
  if (!/GET \/search keeps .*kept by\s+seen/s.test(shown)) throw new Error(`not found:\n${shown}`)
  const command = '$ npx memprof run app.js'
  const [answer] = shown.split('\n\nLive heap over time')
  writeBlock('README.md', 'answer', fenced('text', `${command}\n${answer}\n\n…`))
  const app = fenced('js', `// app.js\n${readFileSync(path.join(ROOT, APP), 'utf8')}`)
  writeBlock('docs/report.md', 'two-minutes', `${app}\n\n${fenced('text', `${command}\n${shown}`)}`)
  writeBlock('docs/verdicts.md', 'leak-line', fenced('json', leakLine))
}

async function runDemo(): Promise<string> {
  const script = path.join(__dirname, '..', 'demo', 'main.js')
  const child = spawn(process.execPath, [script, '--markdown'], {
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`the demo ended with ${code}:\n${output}`)
  return fenced('text', output)
}

/** A report once the app is warm, the last one, and what is between them per request. */
async function askByHand(): Promise<string> {
  const settings = { MEMPROF_GC: 'request', MEMPROF_FORMAT: 'connect' }
  const reports: string[] = []
  const server = await launchApp(SHOP, {
    env: settings,
    control: null,
    onLine(line) {
      if (/^[A-Z]+ \//.test(line)) reports.push(line)
      else if (line !== '' && reports.length > 0) reports.push(`${reports.pop()}\n${line}`)
    },
  })
  const client = new Client(server.port, 1)
  await client.sendMany(BY_HAND_REQUESTS, () => ({ path: BY_HAND_PATH }))
  client.close()
  await server.end('SIGTERM')
  if (reports.length !== BY_HAND_REQUESTS) {
    throw new Error(`${reports.length} reports of ${BY_HAND_REQUESTS} requests`)
  }
  const commands = [
    `$ ${Object.entries(settings)
      .map((pair) => pair.join('='))
      .join(' ')} PORT=3000 node -r memprof/register ${SHOP}`,
    `$ for i in $(seq ${BY_HAND_REQUESTS}); do curl -s 'localhost:3000${BY_HAND_PATH}' >/dev/null; done`,
  ]
  const [first, last] = [reports[BY_HAND_FROM - 1]!, reports.at(-1)!]
  const between = BY_HAND_REQUESTS - BY_HAND_FROM
  const bytes = Math.round(((heapAfterMb(last) - heapAfterMb(first)) * 1024 ** 2) / between)
  return fenced(
    'text',
    [
      ...commands,
      `\n… ${BY_HAND_FROM - 1} reports, then\n`,
      first,
      `\n… ${between - 1} more, then\n`,
      last,
      `\n(${heapAfterMb(last)}mb - ${heapAfterMb(first)}mb) / ${between} requests = ${bytes} bytes per request`,
    ].join('\n'),
  )
}

function heapAfterMb(report: string): number {
  const mb = /^heap after: ([\d.]+)mb/m.exec(report)?.[1]
  if (mb === undefined) throw new Error(`no heap in MB:\n${report}`)
  return Number(mb)
}

/** Runs the example of docs/api.md, which shows its source: it must print what it promises. */
async function runApiExample(): Promise<void> {
  const server = await launchApp(API_EXAMPLE, { preload: [], control: null })
  await request(server.port, '/report')
  const { code, stdout: output } = await server.end('SIGTERM')
  for (const promised of [
    'GET /report\nresponse time: ',
    '"event":"measure"',
    '1 requests in the ring',
    "route: '/report'",
    '"event":"stop"',
  ]) {
    if (!output.includes(promised)) throw new Error(`no ${promised} in:\n${output}`)
  }
  if (code !== 0) throw new Error(`${API_EXAMPLE} ended with ${code}`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  for (const name of values.only?.split(',') ?? Object.keys(RUNS)) {
    const run = RUNS[name]
    if (!run) throw new Error(`--only takes ${Object.keys(RUNS).join(', ')}, got ${name}`)
    await run()
    process.stderr.write(`${name}: done\n`)
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String((error as Error).stack ?? error)}\n`)
  process.exitCode = 1
})
