/**
 * What somebody sees who tries memprof for the first time: the package as published, installed in an
 * empty folder, `npx memprof run` in a terminal, some traffic, Ctrl-C.
 *
 * Needs npm with a registry, and util-linux's `script` for the terminal.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openLoad } from '../../lib/cli/app/load'
import { ROOT } from '../../test/support/files'

export const APP = 'benchmarks/readme/search.cjs'
const PORT = 3000
const COLUMNS = 100
const CONNECTIONS = 8
const REQUESTS = 5000
const SECONDS = 60
const CTRL_C = '\u0003'

export interface TwoMinutes {
  /** What stood on the screen, without what npm says of itself. */
  readonly shown: string
  /** The last `leak` line of the log, without the stacks of its sites. */
  readonly leakLine: string
}

export async function runTwoMinutes(): Promise<TwoMinutes> {
  const home = mkdtempSync(path.join(tmpdir(), 'memprof-readme-'))
  const shop = path.join(home, 'shop')
  // With npm's settings: it installs.
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    PORT: String(PORT),
    TERM: 'xterm',
    SHELL: '/bin/sh',
    NO_COLOR: '1',
    npm_config_loglevel: 'error',
    npm_config_progress: 'false',
  }
  try {
    const npm = (cwd: string, ...args: string[]): string =>
      execFileSync('npm', args, { cwd, env, encoding: 'utf8' })
    const packed = npm(ROOT, 'pack', '--json', '--ignore-scripts', '--pack-destination', home)
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }]
    mkdirSync(shop)
    writeFileSync(path.join(shop, 'package.json'), '{"name":"shop","version":"1.0.0"}')
    npm(shop, 'install', '--no-audit', '--no-fund', 'express', path.join(home, filename))
    copyFileSync(path.join(ROOT, APP), path.join(shop, 'app.js'))
    const shown = await runInTerminal(shop, env)
    return { shown, leakLine: lastLeak(shop) }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** As `grep '"event":"leak"' memprof-*.ndjson | tail -1 | jq 'del(.sites[].stack)'` shows it. */
function lastLeak(folder: string): string {
  const log = readdirSync(folder).find((name) => name.endsWith('.ndjson'))
  const lines = log === undefined ? [] : readFileSync(path.join(folder, log), 'utf8').split('\n')
  const last = lines.findLast((line) => line.includes('"event":"leak"'))
  if (last === undefined) throw new Error('no leak line in the log')
  return JSON.stringify(
    JSON.parse(last),
    (name, value: unknown) => (name === 'stack' ? undefined : value),
    2,
  )
}

async function runInTerminal(cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const line = `stty cols ${COLUMNS} rows 50; exec npx memprof run app.js`
  const terminal = spawn('script', ['--quiet', '--flush', '--command', line, '/dev/null'], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = once(terminal, 'close')
  let shown = ''
  terminal.stdout.setEncoding('utf8')
  while (!/^ready\r$/m.test(shown)) {
    const [text] = (await Promise.race([once(terminal.stdout, 'data'), closed])) as [unknown]
    if (typeof text !== 'string') throw new Error(`it ended before it listened:\n${shown}`)
    shown += text
  }
  terminal.stdout.on('data', (text: string) => {
    shown += text
  })
  const origin = { url: `http://127.0.0.1:${PORT}` }
  const get = (of: string): Parameters<typeof openLoad>[1][number] => {
    return { method: 'GET', path: of, headers: {}, body: undefined }
  }
  const load = openLoad(origin, [get('/search?q=oak+{n}'), get('/health')], CONNECTIONS)
  await load.send(REQUESTS, SECONDS)
  await load.stop()
  terminal.stdin.write(CTRL_C)
  await closed
  return shown
    .replaceAll('\r', '')
    .replaceAll(/^\^C\n/gm, '^C\n')
    .trim()
}
