/**
 * Loaders, package layouts, agents and process managers, each with an Express app under memprof: the
 * tables of docs/environments.md.
 *
 *   node dist/benchmarks/environments/main.js [--write] [part of a name ...]
 *
 * What each needs is installed below .matrix/environments, in exact versions, and kept. An agent's own
 * view of the request (`witness`) is taken without memprof too, and must be the same with it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { App, cleanEnv, countsByRoute, type LogLine, ofEvent } from '../../test/support/app'
import { APPS, type AppFile } from '../../test/support/express-apps'
import { REGISTER, ROOT } from '../../test/support/files'
import { request } from '../../test/support/http'
import { binaryOf } from '../../test/support/node-binaries'
import { markdownTable } from '../../test/support/table'
import { writeBlock } from '../support/blocks'

const HOME = join(ROOT, '.matrix/environments')
/** For an app to start, be asked and end. */
const LIMIT_MS = 120_000
const REQUESTS = 4

interface Way {
  readonly name: string
  readonly kind: 'loading' | 'beside'
  readonly packages?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  /** Other than npm. */
  readonly install?: readonly string[]
  readonly build?: readonly string[]
  readonly app?: AppFile
  /** Instead of `node`, its preloads and the app. */
  readonly command?: (preload: readonly string[]) => readonly string[]
  readonly before?: readonly string[]
  readonly after?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** An expression in the handler: what the other agent says of the request. */
  readonly witness?: string
  /** Ended by a signal rather than by a request. */
  readonly signal?: NodeJS.Signals
  readonly node?: number
}

const EXPRESS = { express: '5.2.1' }
const MEMPROF = ['-r', REGISTER]
const bin = (name: string): string => join('node_modules', name)
const OTEL = {
  '@opentelemetry/api': '1.9.0',
  '@opentelemetry/auto-instrumentations-node': '0.67.2',
}
const OTEL_ENV = {
  OTEL_TRACES_EXPORTER: 'console',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'none',
}
const OTEL_WITNESS = `require('@opentelemetry/api').trace.getActiveSpan()?.attributes?.['http.route']`
const DATADOG_ENV = {
  DD_TRACE_AGENT_URL: 'http://127.0.0.1:1',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  DD_TRACE_STARTUP_LOGS: 'false',
}
const webpack = `module.exports = { target: 'node', mode: 'production', entry: './app.cjs', output: { path: __dirname, filename: 'bundle.cjs' } }`

// biome-ignore format: a row for each way
const WAYS: readonly Way[] = [
  { name: 'require', kind: 'loading' },
  { name: 'import', kind: 'loading', app: 'app.mjs' },
  { name: 'import()', kind: 'loading', app: 'app-dynamic.mjs' },
  { name: '--preserve-symlinks', kind: 'loading', before: ['--preserve-symlinks', '--preserve-symlinks-main'] },
  { name: 'tsx, require', kind: 'loading', packages: { tsx: '4.21.0' }, app: 'app.cts', before: ['-r', 'tsx/cjs'] },
  { name: 'tsx, import', kind: 'loading', packages: { tsx: '4.21.0' }, app: 'app.mts', after: ['--import', 'tsx'] },
  { name: 'ts-node', kind: 'loading', packages: { 'ts-node': '10.9.2', typescript: '5.9.3' }, files: { 'tsconfig.json': '{"compilerOptions":{"module":"commonjs","target":"es2022"}}' }, app: 'app.cts', before: ['-r', 'ts-node/register/transpile-only'] },
  { name: 'swc (@swc-node/register)', kind: 'loading', packages: { '@swc-node/register': '1.11.1', '@swc/core': '1.15.8', typescript: '5.9.3' }, app: 'app.cts', before: ['-r', '@swc-node/register'] },
  { name: 'type stripping, require (Node 24)', kind: 'loading', app: 'app.cts', node: 24 },
  { name: 'type stripping, import (Node 24)', kind: 'loading', app: 'app.mts', node: 24 },
  { name: 'esbuild, all in one file', kind: 'loading', packages: { esbuild: '0.27.2' }, build: [bin('.bin/esbuild'), 'app.cjs', '--bundle', '--platform=node', '--outfile=bundle.cjs'], command: (preload) => [process.execPath, ...preload, 'bundle.cjs'] },
  { name: 'esbuild, packages outside', kind: 'loading', packages: { esbuild: '0.27.2' }, build: [bin('.bin/esbuild'), 'app.cjs', '--bundle', '--platform=node', '--packages=external', '--outfile=bundle.cjs'], command: (preload) => [process.execPath, ...preload, 'bundle.cjs'] },
  { name: 'webpack, all in one file', kind: 'loading', packages: { webpack: '5.104.1', 'webpack-cli': '6.0.1' }, files: { 'webpack.config.cjs': webpack }, build: [bin('.bin/webpack'), '--config', 'webpack.config.cjs'], command: (preload) => [process.execPath, ...preload, 'bundle.cjs'] },
  { name: 'pnpm', kind: 'loading', install: ['npx', '--yes', 'pnpm@10.27.0', 'install', '--ignore-scripts'] },
  { name: 'Yarn Plug’n’Play', kind: 'loading', files: { '.yarnrc.yml': 'nodeLinker: pnp\nenableGlobalCache: false\nenableTelemetry: false\n', 'yarn.lock': '' }, install: ['npx', '--yes', '--package=@yarnpkg/cli-dist@4.12.0', 'yarn', 'install'], command: (preload) => [process.execPath, '-r', './.pnp.cjs', ...preload, 'app.cjs'] },
  { name: '--inspect', kind: 'beside', before: ['--inspect=127.0.0.1:0'] },
  { name: '--cpu-prof', kind: 'beside', before: ['--cpu-prof', '--cpu-prof-dir=profiles'] },
  { name: '--heap-prof', kind: 'beside', before: ['--heap-prof', '--heap-prof-dir=profiles'] },
  { name: 'OpenTelemetry, before memprof', kind: 'beside', packages: OTEL, env: OTEL_ENV, before: ['-r', '@opentelemetry/auto-instrumentations-node/register'], witness: OTEL_WITNESS },
  { name: 'OpenTelemetry, after memprof', kind: 'beside', packages: OTEL, env: OTEL_ENV, after: ['-r', '@opentelemetry/auto-instrumentations-node/register'], witness: OTEL_WITNESS },
  { name: 'dd-trace, before memprof', kind: 'beside', packages: { 'dd-trace': '5.82.0' }, env: DATADOG_ENV, before: ['-r', 'dd-trace/init'], witness: `require('dd-trace').scope().active()?.context()._name` },
  { name: 'dd-trace, after memprof', kind: 'beside', packages: { 'dd-trace': '5.82.0' }, env: DATADOG_ENV, after: ['-r', 'dd-trace/init'], witness: `require('dd-trace').scope().active()?.context()._name` },
  { name: 'dd-trace with its profiler', kind: 'beside', packages: { 'dd-trace': '5.82.0' }, env: { ...DATADOG_ENV, DD_PROFILING_ENABLED: 'true' }, before: ['-r', 'dd-trace/init'] },
  { name: 'elastic-apm-node, before memprof', kind: 'beside', packages: { 'elastic-apm-node': '4.15.0' }, env: { ELASTIC_APM_DISABLE_SEND: 'true', ELASTIC_APM_LOG_LEVEL: 'off', ELASTIC_APM_CLOUD_PROVIDER: 'none' }, before: ['-r', 'elastic-apm-node/start'], witness: `require('elastic-apm-node').currentTransaction?.name` },
  { name: 'elastic-apm-node, after memprof', kind: 'beside', packages: { 'elastic-apm-node': '4.15.0' }, env: { ELASTIC_APM_DISABLE_SEND: 'true', ELASTIC_APM_LOG_LEVEL: 'off', ELASTIC_APM_CLOUD_PROVIDER: 'none' }, after: ['-r', 'elastic-apm-node/start'], witness: `require('elastic-apm-node').currentTransaction?.name` },
  { name: 'newrelic, before memprof', kind: 'beside', packages: { newrelic: '13.8.0' }, env: { NEW_RELIC_SERVERLESS_MODE_ENABLED: 'true', NEW_RELIC_APP_NAME: 'a', NEW_RELIC_LOG_ENABLED: 'false' }, before: ['-r', 'newrelic'], witness: `require('newrelic').getTransaction().constructor.name` },
  { name: 'newrelic, after memprof', kind: 'beside', packages: { newrelic: '13.8.0' }, env: { NEW_RELIC_SERVERLESS_MODE_ENABLED: 'true', NEW_RELIC_APP_NAME: 'a', NEW_RELIC_LOG_ENABLED: 'false' }, after: ['-r', 'newrelic'], witness: `require('newrelic').getTransaction().constructor.name` },
  { name: 'pm2, cluster of two', kind: 'beside', packages: { pm2: '6.0.14' }, env: { PM2_HOME: '.pm2' }, files: { 'app.js': "require('./fixed-port.cjs')", 'fixed-port.cjs': APPS['app.cjs'].replace("listen(0, '127.0.0.1', ", "listen(process.env.FIXED_PORT, '127.0.0.1', ") }, command: (preload) => [bin('.bin/pm2-runtime'), 'start', 'app.js', '-i', '2', '--raw', ...(preload.length > 0 ? ['--node-args', preload.join(' ')] : [])], signal: 'SIGINT' },
]

interface Seen {
  readonly witness: string
  readonly answers: string
  readonly routes: string
  readonly start: string
  readonly warnings: string
  readonly processes: number
}

function must(folder: string, command: readonly string[]): void {
  const [program = '', ...args] = command
  const shell = process.platform === 'win32'
  // Yarn reads neither npm's settings nor the system's certificates.
  const registry = spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', shell })
  const env = { ...process.env, YARN_NPM_REGISTRY_SERVER: registry.stdout.trim() }
  const result = spawnSync(program, args, { cwd: folder, encoding: 'utf8', env, shell })
  if (result.status !== 0)
    throw new Error(`${command.join(' ')}:\n${result.stdout}${result.stderr}`)
}

/** The folder of what this way needs, with the apps in it. */
function prepare({ name, packages = {}, files = {}, install, build }: Way): string {
  const dependencies = { ...EXPRESS, ...packages }
  const own = install ? [name] : Object.entries(packages).map((one) => one.join('@'))
  const folder = join(HOME, (own.join('+') || 'node').replace(/[^\w.@+-]+/g, '-'))
  mkdirSync(folder, { recursive: true })
  for (const [file, code] of Object.entries(APPS)) writeFileSync(join(folder, file), code)
  for (const [file, code] of Object.entries(files)) {
    if (file !== 'yarn.lock' || !existsSync(join(folder, file)))
      writeFileSync(join(folder, file), code)
  }
  if (!existsSync(join(folder, 'installed'))) {
    const about = { private: true, name: 'app', dependencies }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(about))
    must(folder, install ?? ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error'])
    writeFileSync(join(folder, 'installed'), '')
  }
  if (build) must(folder, build)
  return folder
}

/** A port that was free a moment ago: where the app cannot choose one for itself. */
async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Without a look at their fields: agents that instrument pino add their own. */
function readLines(text: string): LogLine[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LogLine)
}

async function run(way: Way, folder: string, memprof: readonly string[]): Promise<Seen> {
  const logs = join(folder, 'logs')
  rmSync(logs, { recursive: true, force: true })
  mkdirSync(logs)
  const witness = join(folder, 'witness.cjs')
  writeFileSync(witness, way.witness ? `globalThis.witness = () => ${way.witness}` : '')
  const preload = [...(way.before ?? []), ...memprof, ...(way.after ?? []), '-r', witness]
  const node = binaryOf(way.node ?? Number(process.versions.node.split('.')[0]))
  if (!node) throw new Error(`no Node ${way.node}`)
  const [program = '', ...args] = way.command?.(preload) ?? [node, ...preload, way.app ?? 'app.cjs']
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: cleanEnv({
      ...way.env,
      FIXED_PORT: String(await freePort()),
      MEMPROF_DESTINATION: join(logs, '%p-%t.log'),
      MEMPROF_LEAK_INTERVAL: '500ms',
    }),
  })
  const app = new App(child)
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  try {
    const port = Number((await app.printed(/^.*PORT (\d+)\r?\n/m))[1])
    const answers: string[] = []
    for (let sent = 0; sent < REQUESTS; sent++) {
      answers.push((await request(port, `/items/${sent}`)).body)
    }
    if (way.signal) child.kill(way.signal)
    else await request(port, '/bye')
    const { stdout } = await app.ended
    const lines = readdirSync(logs).flatMap((name) =>
      readLines(readFileSync(join(logs, name), 'utf8')),
    )
    const warnings = ofEvent(lines, 'warning').map(({ code }) => code)
    return {
      answers: answers.join(),
      witness: [...new Set(stdout.match(/WITNESS .*/g))].join(),
      routes: JSON.stringify(countsByRoute(lines)),
      start: ofEvent(lines, 'start')[0]?.msg ?? '',
      warnings: [...new Set(warnings)].join(', '),
      processes: new Set(lines.map(({ instance }) => instance)).size,
    }
  } finally {
    clearTimeout(limit)
    child.kill('SIGKILL')
  }
}

/** What a table says of a way; `FAILED` where something is not as it should be. */
async function judge(way: Way): Promise<string[]> {
  const folder = prepare(way)
  const without = await run(way, folder, [])
  const shown = await run(way, folder, MEMPROF)
  const named = shown.routes.includes(`"GET /items/:id":"${REQUESTS}"`)
  const byUrl = shown.routes.includes(`"GET /items/:n":"${REQUESTS}"`)
  const said = shown.start.includes('; not hooked: ')
  const routes = named ? 'named' : byUrl && said ? 'by URL; `start` says so' : 'FAILED'
  const same = shown.answers === without.answers && shown.witness === without.witness
  const versions = Object.entries(way.packages ?? {})
    .map((one) => one.join(' '))
    .join(', ')
  const cells = [way.name, versions, routes]
  if (way.kind === 'beside') {
    const view = way.witness ? shown.witness.replace('WITNESS ', '') : ''
    cells.push(
      same
        ? view
          ? `\`${view}\`, as without memprof`
          : 'unchanged'
        : `FAILED: ${without.witness} -> ${shown.witness}`,
    )
    cells.push(shown.warnings ? `\`${shown.warnings}\`` : 'yes', String(shown.processes))
  } else if (!same) cells[2] = 'FAILED'
  return cells
}

async function main(): Promise<void> {
  const { values, positionals: wanted } = parseArgs({
    options: { write: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  if (values.write && wanted.length > 0) throw new Error('--write is of all ways at once')
  for (const kind of ['loading', 'beside'] as const) {
    const heads =
      kind === 'loading'
        ? ['loaded by', 'versions', 'routes']
        : [
            'beside',
            'versions',
            'routes',
            'what the other says of a request',
            'leaks told',
            'processes with lines',
          ]
    const ways = WAYS.filter(
      (way) =>
        way.kind === kind &&
        (wanted.length === 0 || wanted.some((part) => way.name.includes(part))),
    )
    if (ways.length === 0) continue
    const rows: string[][] = []
    for (const way of ways) {
      try {
        rows.push(await judge(way))
      } catch (error) {
        rows.push([way.name, '', `NOT RUN: ${String((error as Error).message)}`])
      }
      const row = rows.at(-1)!
      while (row.length < heads.length) row.push('')
      console.error(row.join('; '))
      if (row.some((cell) => /FAILED|NOT RUN/.test(cell))) process.exitCode = 1
    }
    const text = `On Node ${process.versions.node}:\n\n${markdownTable(heads, rows)}`
    console.log(`\n${text}`)
    if (values.write) writeBlock('docs/environments.md', kind, text)
  }
}

void main()
