/**
 * Asks every supported framework, at both ends of its range, the same twelve requests, plants a leak in
 * one handler of each, and prints what memprof said.
 *
 *   npm run frameworks [-- [--write] [--no-leaks] [part of a name ...]]
 *
 * `--write` puts the tables into docs/frameworks.md. The frameworks are installed into .frameworks, each
 * version in a folder of its own, and kept there: they are no dependencies of this package.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import http2 from 'node:http2'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type App, type LineOf, ofEvent, startApp } from '../../test/support/app'
import { ROOT } from '../../test/support/files'
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

const DOCS = join(ROOT, 'docs/frameworks.md')
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

interface Shown {
  readonly framework: Framework
  readonly end: FrameworkEnd
  readonly answers: Answers
  /** What the planted leak was told as. */
  readonly leak: string
  readonly problems: readonly string[]
}

/** Runs `work` on a fresh process of the app, which ends with it. */
async function withApp<T>(
  { app: file }: Framework,
  { packages, args = [] }: FrameworkEnd,
  env: Record<string, string>,
  work: (app: App) => Promise<T>,
): Promise<T> {
  const ends: Array<() => unknown> = []
  const copy = appWithPackages(packages, join(FRAMEWORK_FIXTURES, file))
  try {
    const after = (end: () => unknown): void => void ends.push(end)
    return await work(await startApp({ after } as never, copy, { args: [...args], env }))
  } finally {
    for (const end of ends) await end()
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
    return [`${leak.method} ${leak.route}, ${at}, ${leak.attribution}`, problems]
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

async function show(framework: Framework, end: FrameworkEnd, leaks: boolean): Promise<Shown> {
  const [answers, problems] = await ask(framework, end)
  const without = leaks ? framework.noLeak : 'not asked'
  const [leak, more] = without ? [without, []] : await plantedLeak(framework, end)
  return { framework, end, answers, leak, problems: [...problems, ...more] }
}

/** Patterns hold `|` and `*`. */
function cell(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``
}

function table(rows: ReadonlyArray<readonly string[]>): string {
  const [head, ...body] = rows.map((row) => `| ${row.join(' | ')} |`)
  return [head, `|${' --- |'.repeat(rows[0]?.length ?? 0)}`, ...body].join('\n')
}

/** A table per framework, by its name: the requests down, the versions across. */
function sectionsOf(all: readonly Shown[]): Map<string, string> {
  const names = [...new Set(all.map(({ framework }) => framework.name))]
  return new Map(
    names.map((name) => {
      const ends = all.filter(({ framework }) => framework.name === name)
      const rows = [
        ['request', ...ends.map(({ end }) => versionOf(end))],
        ...TWELVE.map(({ about, method, path }) => [
          `${about}: \`${method} ${path}\``,
          ...ends.map(({ answers }) => cell(answers[about] ?? '')),
        ]),
        ['the planted leak', ...ends.map(({ leak }) => leak)],
      ]
      return [name, `### ${name}\n\n${table(rows)}`]
    }),
  )
}

/** Frameworks that were not asked keep their tables. */
function writeSections(sections: ReadonlyMap<string, string>): void {
  const [open, close] = ['<!-- frameworks -->', '<!-- /frameworks -->']
  const content = readFileSync(DOCS, 'utf8')
  const from = content.indexOf(open) + open.length
  const to = content.indexOf(close)
  const all = new Map<string, string>()
  for (const section of content.slice(from, to).split(/^(?=### )/m)) {
    const name = /^### (.*)$/m.exec(section)?.[1]
    if (name) all.set(name, section.trim())
  }
  for (const [name, section] of sections) all.set(name, section)
  const text = [
    `Node ${process.version}.`,
    ...FRAMEWORKS.flatMap(({ name }) => all.get(name) ?? []),
  ].join('\n\n')
  writeFileSync(DOCS, `${content.slice(0, from)}\n\n${text}\n\n${content.slice(to)}`)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { write: { type: 'boolean' }, 'no-leaks': { type: 'boolean' } },
    allowPositionals: true,
  })
  const wanted = FRAMEWORKS.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  )
  const all: Shown[] = []
  for (const framework of wanted) {
    for (const end of framework.ends.filter(runsHere)) {
      const shown = await show(framework, end, !values['no-leaks'])
      all.push(shown)
      const verdict = shown.problems.length === 0 ? 'as declared' : shown.problems.join('; ')
      console.log(`${framework.name} ${versionOf(end)}: ${verdict}. Leak: ${shown.leak}`)
    }
  }
  if (values.write) writeSections(sectionsOf(all))
  if (all.some(({ problems }) => problems.length > 0)) process.exitCode = 1
}

void main()
