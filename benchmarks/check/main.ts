/**
 * How much `memprof check` sees, and how often it cries wolf: the apps of the leak corpus, each checked
 * as a user would, with so many requests at each URL.
 *
 *   node dist/benchmarks/check/main.js [--requests 1000,5000] [--all] [--only name,name] [--write]
 *   node dist/benchmarks/check/main.js --judge     the outcomes of the last run once more
 *
 * Measured: leaking URLs called so, innocent ones called leaking, bytes said against bytes true,
 * seconds. Every second app of the corpus, unless told otherwise; apps that leak with the clock are
 * left out, no request being guilty there. URLs with parameters get a new value in each request, so a
 * cache that is larger than the number of requests is still filling at the end: those false alarms
 * are counted. The truth was measured without memprof (benchmarks/leaks).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { CheckedUrl, CheckResult } from '../../lib/cli/app/check-result'
import { cleanEnv } from '../../test/support/app'
import { ROOT } from '../../test/support/files'
import { median } from '../../test/support/median'
import type { Random } from '../../test/support/random'
import { markdownTable } from '../../test/support/table'
import { type CorpusApp, type CorpusRoute, corpus, routeName } from '../leaks/corpus'
import { appFile } from '../leaks/places'
import { readTruth, type Truth } from '../leaks/truth'
import { writeBlock } from '../support/blocks'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000,5000' },
    all: { type: 'boolean', default: false },
    only: { type: 'string' },
    judge: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

const OUT = path.join(ROOT, 'benchmarks', 'out', 'check')
/** Stands for what varies in a URL or a body, until it becomes `{n}`. */
const VARYING = 987_654_321
const TEMPLATE: Random = { uniform: () => 0.5, integer: () => VARYING, normal: () => 0 }

interface UrlResult {
  readonly app: string
  readonly url: CheckedUrl
  /** Null: it keeps nothing. */
  readonly truth: Truth | null
}

interface Run {
  readonly requests: number
  readonly results: UrlResult[]
  readonly seconds: number[]
}

function chooseApps(): readonly CorpusApp[] {
  const names = values.only?.split(',')
  return corpus
    .filter(({ leaks }) => leaks.every(({ scope }) => scope !== 'process'))
    .filter(({ name }, index) => names?.includes(name) ?? (values.all || index % 2 === 0))
}

function template(text: string): string {
  return text.replaceAll(String(VARYING), '{n}')
}

/** Arguments for the URLs of an app; one body serves all of them. */
function urlArguments(routes: readonly CorpusRoute[]): string[] {
  const args = routes.flatMap((route) => [
    '--url',
    `${route.method} ${template(route.path(TEMPLATE))}`,
  ])
  const body = routes.find(({ body: one }) => one)?.body?.(TEMPLATE)
  if (typeof body === 'string') {
    args.push('--header', 'content-type: application/json', '--body', template(body))
  } else if (body) {
    args.push(
      '--header',
      'content-type: application/octet-stream',
      '--body',
      'x'.repeat(body.length),
    )
  }
  return args
}

function outcomeFile(app: CorpusApp, requests: number): string {
  return path.join(OUT, `${app.name}-${requests}.json`)
}

async function checkApp(app: CorpusApp, requests: number): Promise<void> {
  const json = outcomeFile(app, requests)
  rmSync(json, { force: true })
  const child = spawn(
    process.execPath,
    [
      path.join(ROOT, 'dist/lib/cli/main.js'),
      'check',
      ...urlArguments(app.routes.filter(({ weight }) => weight > 0)),
      '--requests',
      String(requests),
      '--json',
      json,
      appFile(app),
    ],
    { cwd: ROOT, env: cleanEnv(), stdio: ['ignore', 'ignore', 'inherit'] },
  )
  await once(child, 'exit')
}

/** What the URL's route truly keeps; a leak that all routes share is each one's. */
function truthOf(app: CorpusApp, url: CheckedUrl, truths: readonly Truth[]): Truth | null {
  const name = routeName({ method: url.method as 'GET', pattern: url.route ?? '' })
  return truths.find((truth) => truth.scope === 'shared' || truth.name === name) ?? null
}

const SIZES: ReadonlyArray<readonly [name: string, from: number, below: number]> = [
  ['1 kB and more', 1000, Number.POSITIVE_INFINITY],
  ['300 B to 1 kB', 300, 1000],
  ['below 300 B', 0, 300],
]

function share(of: readonly UrlResult[], test: (result: UrlResult) => boolean): string {
  return `${of.filter(test).length}/${of.length}`
}

function isCalledLeaking({ url }: UrlResult): boolean {
  return url.outcome === 'leaking'
}

function row({ requests, results, seconds }: Run): string[] {
  const guilty = results.filter(({ truth }) => truth !== null)
  const innocent = results.filter(({ truth }) => truth === null)
  const told = guilty.filter(isCalledLeaking)
  const cells = [
    requests.toLocaleString('en-US'),
    String(seconds.length),
    ...SIZES.map(([, from, below]) =>
      share(
        guilty.filter(({ truth }) => truth!.bytes >= from && truth!.bytes < below),
        isCalledLeaking,
      ),
    ),
    share(innocent, isCalledLeaking),
    share(results, ({ url }) => url.outcome === 'unknown'),
    share(told, ({ url, truth }) => {
      const [low, high] = url.leak?.ci95 ?? [0, 0]
      return low <= truth!.bytes && truth!.bytes <= high
    }),
    String(Math.round(median(seconds))),
  ]
  return cells
}

function detail({ requests, results }: Run): string[] {
  return results.flatMap(({ app, url, truth }) => {
    const isRight = (url.outcome === 'leaking') === (truth !== null)
    if (isRight) return []
    const what =
      truth === null
        ? `innocent, called leaking (${Math.round(url.leak?.bytesPerRequest ?? 0)} bytes)`
        : `keeps ${Math.round(truth.bytes)} bytes, ${url.outcome}`
    if (truth === null && url.outcome !== 'leaking') return []
    return [
      `- ${requests.toLocaleString('en-US')} requests, \`${app}\`, \`${url.method} ${url.route ?? url.path}\`: ${what}`,
    ]
  })
}

function render(runs: readonly Run[]): string {
  const head = [
    'requests at each URL',
    'apps',
    ...SIZES.map(([name]) => `leaks found, ${name}`),
    'innocent URLs called leaking',
    'unknown',
    'interval holds the truth',
    'seconds, median',
  ]
  return [
    `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores.`,
    '',
    markdownTable(head, runs.map(row)),
    '',
    'Wrong ones:',
    '',
    ...runs.flatMap(detail),
  ].join('\n')
}

async function main(): Promise<void> {
  mkdirSync(OUT, { recursive: true })
  const apps = chooseApps()
  const truths = readTruth()[process.versions.node.split('.')[0]!]
  if (!truths) throw new Error('no truth for this Node: npm run bench:leaks -- --truth')
  const runs: Run[] = []
  for (const requests of values.requests.split(',').map(Number)) {
    const run: Run = { requests, results: [], seconds: [] }
    runs.push(run)
    for (const app of apps) {
      const file = outcomeFile(app, requests)
      if (!values.judge) await checkApp(app, requests)
      else if (!existsSync(file)) continue
      const { urls, seconds } = JSON.parse(readFileSync(file, 'utf8')) as CheckResult & {
        seconds: number
      }
      run.seconds.push(seconds)
      const known = truths.apps[app.name] ?? []
      const results = urls.map((url) => ({ app: app.name, url, truth: truthOf(app, url, known) }))
      run.results.push(...results)
      const wrong = detail({ ...run, results })
      process.stderr.write(`${requests} ${app.name}: ${seconds} s ${wrong.join('; ')}\n`)
    }
  }
  const text = render(runs)
  process.stdout.write(`${text}\n`)
  if (values.write) writeBlock('docs/check.md', 'check', text)
}

main().catch((error: unknown) => {
  process.stderr.write(`${String((error as Error).stack ?? error)}\n`)
  process.exitCode = 1
})
