/**
 * Asks every supported framework, at both ends of its range, the same twelve requests, plants a leak in
 * one handler of each, and prints what memprof said.
 *
 *   npm run frameworks [-- [--write] [--no-leaks] [--units] [part of a name ...]]
 *
 * Of the libraries that run units of work (test/support/unit-libraries.ts) each runs an app of its own that
 * leaks; with `--units` those alone.
 *
 * `--write` puts into docs/frameworks.md what most of them show, and what each shows otherwise; only of
 * all of them at once. Every answer stands in test/support/frameworks.ts, where the tests have it from,
 * and the run fails where one is another. The frameworks are installed into .frameworks, each
 * version in a folder of its own, and kept there: they are no dependencies of this package.
 */
import { readFileSync } from 'node:fs'
import http2 from 'node:http2'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type App, launchApp, type LineOf, ofEvent } from '../../test/support/app'
import { appWithPackages } from '../../test/support/framework-folders'
import {
  type Framework,
  FRAMEWORK_FIXTURES,
  type FrameworkEnd,
  FRAMEWORKS,
  runsHere,
  versionOf,
} from '../../test/support/frameworks'
import { load } from '../../test/support/load'
import { type Answers, answersIn, askTwelve, TWELVE } from '../../test/support/twelve-requests'
import { writeBlock } from '../support/blocks'
import { UNIT_LIBRARIES } from '../../test/support/unit-libraries'
import { type Shown, shownAsTables } from './table'
import { showUnits, type UnitOutcome, unitsTable } from './units'

/** A leak is looked for this long at most. */
const LEAK_LIMIT_MS = 40_000
const LEAK_PATHS = ['/leak', '/steady', '/users/7']
/** Readings in quick succession, so that a short run tells. */
const LEAK_ENV = {
  MEMPROF_LEAK_INTERVAL: '500ms',
  MEMPROF_INTERVAL: '500ms',
  MEMPROF_PAUSE_BUDGET: '0.5',
  MEMPROF_SAMPLING_BYTES: '8kb',
}

interface Outcome extends Shown {
  readonly problems: readonly string[]
}

/** Runs `work` on a fresh process of the app, which ends with it. */
async function withApp<T>(
  { app: file }: Framework,
  { packages, args = [] }: FrameworkEnd,
  env: Record<string, string>,
  work: (app: App) => Promise<T>,
): Promise<T> {
  const copy = appWithPackages(packages, join(FRAMEWORK_FIXTURES, file))
  const app = await launchApp(copy, { args, env })
  try {
    return await work(app)
  } finally {
    await app.end('SIGKILL')
  }
}

async function ask(framework: Framework, end: FrameworkEnd): Promise<[Answers, string[]]> {
  return withApp(framework, end, { MEMPROF_LEVEL: 'debug' }, async (app) => {
    await askTwelve(app, framework.protocol)
    const problems: string[] = []
    if ((await app.ask('untouched()')) !== true) problems.push('the app was touched')
    const lines = await app.stop()
    const answers = answersIn(lines)
    for (const { about } of TWELVE) {
      const [got, wanted] = [answers[about], end.answers[about]]
      if (got !== wanted) problems.push(`${about}: ${got}, not ${wanted}`)
    }
    const hooked = ofEvent(lines, 'start')[0]?.hooked.map(({ name }) => name) ?? []
    for (const name of end.hooked) {
      if (!hooked.includes(name)) problems.push(`${name} was not hooked`)
    }
    return [answers, problems]
  })
}

/** Line, from 1, of the function that leaks: the one around `kept.push`. */
function leakLine({ app }: Framework): number {
  const lines = readFileSync(join(FRAMEWORK_FIXTURES, app), 'utf8').split('\n')
  return lines.findIndex((line) => line.includes('kept.push'))
}

async function plantedLeak(framework: Framework, end: FrameworkEnd): Promise<[string, string[]]> {
  return withApp(framework, end, LEAK_ENV, async (app) => {
    let seen = 0
    const leaks = (): Array<LineOf<'leak'>> => ofEvent(app.lines, 'leak')
    const told = (): boolean => {
      if (app.stdout.length === seen) return false
      seen = app.stdout.length
      return leaks().some(({ route }) => route === '/leak')
    }
    if (framework.protocol === 'http2') await loadHttp2(app.port, told)
    else await load(app.port, LEAK_PATHS, told, LEAK_LIMIT_MS)
    const problems = leaks()
      .filter(({ route }) => route !== '/leak')
      .map(({ msg }) => `also told: ${msg}`)
    const leak = leaks().find(({ route }) => route === '/leak')
    if (!leak) return ['not told', [...problems, 'the leak was not told']]
    const [site] = leak.sites
    const line = leakLine(framework)
    const at = `${site?.function || '(anonymous)'} at line ${site?.line}`
    if (site?.line !== line) problems.push(`the leak is in line ${line}, told: ${at}`)
    return [leak.attribution ?? '', problems]
  })
}

async function loadHttp2(port: number, done: () => boolean): Promise<void> {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  const get = (path: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':path': path })
      stream.on('error', reject)
      stream.resume().on('close', resolve)
    })
  await load(port, LEAK_PATHS, done, LEAK_LIMIT_MS, get)
  await new Promise<void>((resolve) => session.close(resolve))
}

async function show(framework: Framework, end: FrameworkEnd, leaks: boolean): Promise<Outcome> {
  const [answers, problems] = await ask(framework, end)
  const without = leaks ? framework.noLeak : 'not asked'
  const [leak, more] = without ? [without, []] : await plantedLeak(framework, end)
  return {
    name: framework.name,
    version: versionOf(end),
    answers,
    leak,
    problems: [...problems, ...more],
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      write: { type: 'boolean' },
      'no-leaks': { type: 'boolean' },
      units: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  const wanted = FRAMEWORKS.filter(
    ({ name }) =>
      !values.units &&
      (positionals.length === 0 || positionals.some((part) => name.includes(part))),
  )
  if (values.write && positionals.length > 0)
    throw new Error('--write is of all frameworks at once')
  const all: Outcome[] = []
  for (const framework of wanted) {
    for (const end of framework.ends.filter(runsHere)) {
      const shown = await show(framework, end, !values['no-leaks'])
      all.push(shown)
      const verdict = shown.problems.length === 0 ? 'as declared' : shown.problems.join('; ')
      console.log(`${framework.name} ${versionOf(end)}: ${verdict}. Leak: ${shown.leak}`)
    }
  }
  const libraries = UNIT_LIBRARIES.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  )
  const units: UnitOutcome[] = []
  for (const library of values['no-leaks'] ? [] : libraries) {
    for (const packages of library.ends) {
      const shown = await showUnits(library, packages, LEAK_ENV)
      units.push(shown)
      const verdict = shown.problems.length === 0 ? 'as declared' : shown.problems.join('; ')
      console.log(`${shown.name} ${shown.version}: ${verdict}. Leak: ${shown.leak}`)
    }
  }
  if (values.write && !values.units) {
    writeBlock('docs/frameworks.md', 'frameworks', shownAsTables(all))
  }
  if (values.write && !values['no-leaks']) {
    writeBlock('docs/frameworks.md', 'units', unitsTable(units, libraries))
  }
  if ([...all, ...units].some(({ problems }) => problems.length > 0)) process.exitCode = 1
}

void main()
