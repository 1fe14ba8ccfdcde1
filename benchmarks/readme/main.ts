/**
 * Fills the README's blocks from what the code says and what runs print, so that nothing there is
 * typed by hand. The cost's block is filled by the overhead benchmark.
 *
 *   node dist/benchmarks/readme/main.js [--only two-minutes,settings,demo,by-hand,api]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { settingsTable } from '../../lib/config/settings'
import { SHOP } from '../demo/truth'
import { cleanEnv, launchApp } from '../../test/support/app'
import { ROOT } from '../../test/support/files'
import { request } from '../../test/support/http'
import { Client } from '../../test/support/load'
import { writeBlock } from '../support/blocks'
import { APP, runTwoMinutes } from './two-minutes'

const README = 'README.md'
const API_EXAMPLE = 'benchmarks/readme/api.cjs'
/** Of the one URL asked again and again. The first ones load and compile: not counted. */
const BY_HAND_REQUESTS = 1000
const BY_HAND_FROM = 200
const BY_HAND_PATH = '/search?q=oak+lamp'

const blocks: Readonly<Record<string, () => string | Promise<string>>> = {
  'two-minutes': twoMinutes,
  settings: settingsTable,
  demo: runDemo,
  'by-hand': askByHand,
  api: runApiExample,
}

function fenced(language: string, content: string): string {
  return `\`\`\`${language}\n${content.trim()}\n\`\`\``
}

/** The app as it is run, and what its terminal showed. */
async function twoMinutes(): Promise<string> {
  const app = fenced('js', `// app.js\n${readFileSync(path.join(ROOT, APP), 'utf8')}`)
  const shown = await runTwoMinutes()
  if (!/GET \/search keeps .*kept by\s+seen/s.test(shown)) throw new Error(`not found:\n${shown}`)
  return `${app}\n\n${fenced('text', `$ npx memprof run app.js\n${shown}`)}`
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

/** The example's source, once it has run and printed what it promises. */
async function runApiExample(): Promise<string> {
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
  return fenced('js', readFileSync(path.join(ROOT, API_EXAMPLE), 'utf8'))
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  for (const name of values.only?.split(',') ?? Object.keys(blocks)) {
    const block = blocks[name]
    if (!block) throw new Error(`--only takes ${Object.keys(blocks).join(', ')}, got ${name}`)
    writeBlock(README, name, await block())
    process.stderr.write(`${name}: written\n`)
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String((error as Error).stack ?? error)}\n`)
  process.exitCode = 1
})
