/**
 * The corpus of planted apps: what memprof says about each under live traffic, against the truth.
 *
 *   node dist/benchmarks/leaks/main.js [--only name,name] [--seconds 60] [--interval 3s] [--parallel 1]
 *                                      [--steady] [--json] [--write]
 *   node dist/benchmarks/leaks/main.js --truth     measures truth.json anew (without memprof)
 *   node dist/benchmarks/leaks/main.js --judge     judges the logs of the last run once more
 *   node dist/benchmarks/leaks/main.js --record DIR   also writes every observation that was judged
 *   node dist/benchmarks/leaks/main.js --curve     the live heap under the same load, without memprof
 *
 * `--parallel N` runs N apps at once, each under a load of its own: on fewer cores than twice as many,
 * late readings and skipped requests are the machine's. `--steady`: the mix of routes does not
 * drift; without `--only` it runs the apps whose mix drifts else, and `--write` prints the summary alone.
 *
 * Measured: leaks named, false alarms, bytes said against bytes true, intervals, sites, holders and
 * seconds until the verdict. Left out: what memprof costs (the overhead benchmark's), and the first
 * line's wording. Exits 0 when it ran whole, whatever the figures are: it measures, it does not test.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { cleanEnv, launchApp } from '../../test/support/app'
import { REGISTER, ROOT } from '../../test/support/files'
import type { LoadReport } from '../../test/support/load'
import { writeBlock } from '../support/blocks'
import { type CorpusApp, corpus, routeName } from './corpus.js'
import { type AppResult, judgeApp } from './judge.js'
import type { LoadOptions } from './load.js'
import { readLog } from './log.js'
import { appFile } from './places.js'
import { compressRecording, recorderOf } from './recording.js'
import { renderSummary, renderTable } from './table.js'
import { measureCurve, measureOwn, readTruth, recordTruth, type Truth } from './truth.js'

const RATE = 700

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    interval: { type: 'string', default: '3s' },
    node: { type: 'string', default: process.execPath },
    preload: { type: 'string', default: REGISTER },
    out: { type: 'string', default: path.join(ROOT, 'benchmarks', 'out', 'leaks') },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '1' },
    steady: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    truth: { type: 'boolean', default: false },
    judge: { type: 'boolean', default: false },
    record: { type: 'string' },
    curve: { type: 'boolean', default: false },
    own: { type: 'boolean', default: false },
  },
})

/**
 * So that readings keep their interval also where other work shares the cores: the default is for
 * production, with a reading every 30 s.
 */
const PAUSE_BUDGET = '0.05'

/** Progress goes to stderr: stdout is the table, or the JSON. */
function say(message: string): void {
  process.stderr.write(`${message}\n`)
}

function chooseApps(): readonly CorpusApp[] {
  if (values.only === undefined) {
    return values.steady ? corpus.filter(({ steadyMix }) => steadyMix !== true) : corpus
  }
  return values.only.split(',').map((name) => {
    const app = corpus.find((candidate) => candidate.name === name)
    if (!app)
      throw new Error(
        `no app is called ${name}; there are ${corpus.map((known) => known.name).join(', ')}`,
      )
    return app
  })
}

/** The load runs in a process of its own, on this Node whatever Node the app runs on. */
async function runLoad(app: CorpusApp, port: number): Promise<LoadReport> {
  const options: LoadOptions = {
    app: app.name,
    port,
    seconds: Number(values.seconds),
    rate: RATE,
    seed: Number(values.seed),
    steady: values.steady || app.steadyMix === true,
  }
  const child = spawn(
    process.execPath,
    [path.join(__dirname, 'load.js'), JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'inherit'], env: cleanEnv() },
  )
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`the load on ${app.name} ended with ${code}`)
  return JSON.parse(output) as LoadReport
}

function outFile(app: CorpusApp, extension: string): string {
  return path.join(values.out, `${app.name}.${extension}`)
}

/** Settings of memprof's that this process was given: they are tried on the apps. */
function ownSettings(): Record<string, string> {
  const given = Object.entries(process.env).filter(([name]) => name.startsWith('MEMPROF_'))
  return Object.fromEntries(given) as Record<string, string>
}

async function runApp(app: CorpusApp): Promise<void> {
  const destination = outFile(app, 'ndjson')
  for (const extension of ['ndjson', 'txt', 'load.json']) {
    rmSync(outFile(app, extension), { force: true })
  }
  const recording = values.record && path.join(values.record, `${app.name}.ndjson`)
  const recorder = recording ? recorderOf(recording, values.preload) : null
  const running = await launchApp(appFile(app), {
    node: values.node,
    preload: ['-r', path.resolve(values.preload), ...(recorder ? ['-r', recorder.script] : [])],
    control: null,
    env: {
      MEMPROF_LEVEL: 'info',
      ...ownSettings(),
      MEMPROF_LEAK_INTERVAL: values.interval,
      MEMPROF_PAUSE_BUDGET: PAUSE_BUDGET,
      MEMPROF_INTERVAL: values.interval,
      MEMPROF_DESTINATION: destination,
      ...recorder?.env,
    },
    output: outFile(app, 'txt'),
  })
  try {
    const load = await Promise.race([
      runLoad(app, running.port),
      running.ended.then(({ code, signal }) => {
        throw new Error(
          `${app.name} ended under load (${signal ?? code}), see ${outFile(app, 'txt')}`,
        )
      }),
    ])
    writeFileSync(outFile(app, 'load.json'), JSON.stringify(load))
  } finally {
    const { signal } = await running.end('SIGTERM')
    if (signal === 'SIGKILL') say(`${app.name}: did not end on SIGTERM and was killed`)
  }
  if (recording) compressRecording(recording)
}

function judge(app: CorpusApp, truths: readonly Truth[]): AppResult {
  const load = JSON.parse(readFileSync(outFile(app, 'load.json'), 'utf8')) as LoadReport
  return judgeApp(app, readLog(outFile(app, 'ndjson')), load, truths)
}

/** The truth for this Node, else for the nearest that was measured. */
function chooseTruth(version: string): Readonly<Record<string, readonly Truth[]>> {
  const file = readTruth()
  const major = Number(/^v(\d+)/.exec(version)![1])
  const nearest = Object.keys(file)
    .map(Number)
    .toSorted((a, b) => Math.abs(a - major) - Math.abs(b - major))[0]
  if (nearest === undefined) {
    say('there is no truth.json: figures are not judged; run with --truth first')
    return {}
  }
  if (nearest !== major) say(`the truth was measured on Node ${nearest}, this is ${version}`)
  return file[String(nearest)]!.apps
}

async function main(): Promise<void> {
  const apps = chooseApps()
  const parallel = Number(values.parallel)
  if (!(Number.isInteger(parallel) && parallel > 0))
    throw new Error('--parallel takes a whole number')
  const version = execFileSync(values.node, ['--version'], { encoding: 'utf8' }).trim()
  if (values.truth) {
    return recordTruth(values.node, version, apps, (app, truth) => {
      say(
        `${app.name}  ${truth.name}  ${truth.bytes} ± ${truth.standardError} bytes` +
          ` (${truth.kind}, over ${truth.requests} requests)`,
      )
    })
  }
  if (values.own) {
    for (const app of apps) {
      for (const route of app.routes) {
        if (!app.leaks.some(({ name }) => name === routeName(route))) continue
        const { slope, standardError } = await measureOwn(values.node, app, route)
        say(`${app.name}  ${routeName(route)}  ${slope.toFixed(0)} ± ${standardError.toFixed(0)}`)
      }
    }
    return
  }
  if (values.curve) {
    for (const app of apps) {
      const megabytes = await measureCurve(values.node, app, (port) => runLoad(app, port))
      say(`${app.name}  ${megabytes.map((value) => value.toFixed(2)).join(' ')}`)
    }
    return
  }

  mkdirSync(values.out, { recursive: true })
  if (values.record) mkdirSync(values.record, { recursive: true })
  const truths = chooseTruth(version)
  const judged = new Map<CorpusApp, AppResult>()
  const failures: string[] = []
  const left = [...apps]
  async function lane(): Promise<void> {
    for (let app = left.shift(); app; app = left.shift()) {
      try {
        if (!values.judge) await runApp(app)
        else if (!existsSync(outFile(app, 'load.json'))) continue
        const result = judge(app, truths[app.name] ?? [])
        judged.set(app, result)
        const named = result.leaks.map((leak) => `${leak.name} ${leak.found}`).join(', ')
        say(
          `${judged.size}/${apps.length} ${app.name}: ${named || 'leaks nothing'}` +
            `; false alarms ${result.falseAlarms.length}` +
            (result.load.errors > 0 ? `; ${result.load.errors} failed requests` : ''),
        )
      } catch (error) {
        failures.push(`${app.name}: ${(error as Error).message}`)
        say(failures.at(-1)!)
      }
    }
  }
  await Promise.all(Array.from({ length: parallel }, lane))
  const results = apps.flatMap((app) => judged.get(app) ?? [])
  writeFileSync(
    path.join(values.out, 'results.json'),
    JSON.stringify({ node: version, seconds: Number(values.seconds), results }, null, 2),
  )
  if (values.json) console.log(JSON.stringify({ node: version, results }))
  else console.log(`${renderTable(results)}\n\n${renderSummary(results)}`)
  if (values.write) {
    const where = `Node ${version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores.`
    const text = values.steady
      ? renderSummary(results)
      : `${renderSummary(results)}\n\n${renderTable(results)}`
    writeBlock(
      'docs/leaks.md',
      values.steady ? 'steady' : 'leaks',
      `${where}\n\n\`\`\`text\n${text}\n\`\`\``,
    )
  }
  if (failures.length > 0) {
    say(`\n${failures.length} apps could not be run:\n${failures.join('\n')}`)
    process.exitCode = 1
  }
}

main().catch((error: unknown) => {
  say(String((error as Error).stack ?? error))
  process.exitCode = 1
})
