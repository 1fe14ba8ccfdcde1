/**
 * What a test run printed, read as a list of tests: TAP (node:test, mocha, tape, tap), mocha's JSON
 * and mocha's spec. Lines of others in between, a server's log for one, are passed over.
 */

export type Outcome = 'passed' | 'failed' | 'skipped'
/** Title, with those of its suites before it, to outcome; a title seen twice is numbered. */
export type Report = Map<string, Outcome>

const SEPARATOR = ' › '

function add(report: Report, title: string, outcome: Outcome): void {
  let name = title
  for (let again = 2; report.has(name); again++) name = `${title} (${again})`
  report.set(name, outcome)
}

/** Suites of node:test are subtests, and tell their own outcome after those of their tests. */
function parseTap(text: string): Report {
  const report: Report = new Map()
  /** By depth of indentation, 4 spaces each. */
  const path: string[] = []
  let deepest = 0
  for (const line of text.split(/\r?\n/)) {
    const begun = /^( *)# Subtest: (.*)$/.exec(line)
    if (begun) {
      const depth = begun[1]!.length / 4
      path.length = depth
      path[depth] = begun[2]!
      deepest = depth
      continue
    }
    const told = /^( *)(not )?ok\b *\d* *(?:- )?(.*)$/.exec(line)
    if (!told) continue
    const depth = told[1]!.length / 4
    if (!Number.isInteger(depth)) continue
    const wasSuite = depth < deepest
    deepest = depth
    const [, title = '', directive = ''] =
      /^(.*?)(?: # (SKIP|TODO|skip|todo)\b.*)?$/.exec(told[3]!) ?? []
    const outcome = directive ? 'skipped' : told[2] ? 'failed' : 'passed'
    if (!wasSuite || outcome === 'failed') {
      add(report, [...path.slice(0, depth), title.trim()].join(SEPARATOR), outcome)
    }
  }
  return report
}

interface MochaTest {
  readonly fullTitle: string
  readonly err?: object
}

function parseMochaJson(text: string): Report | null {
  const from = text.search(/^\{\r?\n {2}"stats": \{/m)
  const to = text.lastIndexOf('\n}')
  if (from < 0 || to < from) return null
  const told = JSON.parse(text.slice(from, to + 2)) as {
    tests: MochaTest[]
    failures: MochaTest[]
    pending: MochaTest[]
  }
  const report: Report = new Map()
  const pending = new Set(told.pending.map(({ fullTitle }) => fullTitle))
  for (const { fullTitle, err = {} } of told.tests) {
    const failed = Object.keys(err).length > 0
    add(report, fullTitle, failed ? 'failed' : pending.has(fullTitle) ? 'skipped' : 'passed')
  }
  // Hooks fail without being tests.
  for (const { fullTitle } of told.failures) {
    if (!report.has(fullTitle)) report.set(fullTitle, 'failed')
  }
  return report
}

/** Suites and tests by indentation; a failure is `1) title`. Ends where the failures are told again. */
function parseMochaSpec(text: string): Report {
  const report: Report = new Map()
  const path: string[] = []
  for (const line of text.split(/\r?\n/)) {
    if (/^ {2}\d+ (passing|failing|pending)/.test(line)) break
    const [, indent = '', mark = '', title = ''] =
      /^((?: {2})+)(✔ |✓ |- |\d+\) )?(\S.*)$/.exec(line) ?? []
    if (!title) continue
    const depth = indent.length / 2 - 1
    path.length = Math.min(path.length, depth)
    if (!mark) path[depth] = title
    else {
      const outcome = /^\d/.test(mark) ? 'failed' : mark === '- ' ? 'skipped' : 'passed'
      const plain = outcome === 'passed' ? title.replace(/ \(\d+ms\)$/, '') : title
      add(report, [...path, plain].join(SEPARATOR), outcome)
    }
  }
  return report
}

/** By whatever format is in it; empty where none is. */
export function parseReport(text: string): Report {
  const json = parseMochaJson(text)
  if (json) return json
  if (/^TAP version|^1\.\.\d+\r?$/m.test(text)) return parseTap(text)
  return parseMochaSpec(text)
}
