/**
 * The tests on each supported Node, one after the other:
 *
 *   npm run test:matrix [-- [--others] [part of a file's path ...]]
 *
 * `--others`: not on the Node that runs this, and on the others only what depends on Node; the commands and what
 * takes minutes on the newest alone.
 *
 * The binaries come from the packages behind npm's `node`, one per platform, and are kept in .matrix:
 * no version manager, and no install script.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { filesEndingWith, ROOT } from '../../test/support/files'
import { binaryOf, OWN_MAJOR } from '../../test/support/node-binaries'

const MAJORS = [20, 22, 24, 26]
/** Folders of tests whose code is arithmetic and text alone, the same on every Node. */
const PURE = ['config', 'docs', 'emit', 'schema', 'stats', 'verdict']
/** What takes minutes, or asks Node for little, and is run on the oldest and the newest alone. */
const ENDS_ALONE = ['cli', 'integration/leaks.test.js']
const { values, positionals } = parseArgs({
  options: { others: { type: 'boolean', default: false } },
  allowPositionals: true,
})

interface Row {
  node: string
  result: 'passed' | 'FAILED' | 'NOT RUN'
  seconds: number
}

/** Told once more after the table: the end of the output is what people read. */
const failures: Array<{ node: string; names: string[] }> = []

/** What is run there, as parts of paths. */
function partsFor(major: number): readonly string[] {
  if (positionals.length > 0 || !values.others) return positionals
  const left = major === MAJORS.at(-1) ? PURE : [...PURE, ...ENDS_ALONE]
  const tests = join(__dirname, '..', '..', 'test')
  return filesEndingWith(tests, '.test.js')
    .map((file) => relative(tests, file).split(sep).join('/'))
    .filter((file) => !left.some((part) => file === part || file.startsWith(`${part}/`)))
    .map((file) => `test/${file}`)
}

function runOn(major: number): Row {
  const binary = binaryOf(major)
  if (!binary) return { node: String(major), result: 'NOT RUN', seconds: 0 }
  const node = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(`\n--- Node ${node}`)
  const beganMs = performance.now()
  const list = join(ROOT, '.matrix', `failures-${major}.txt`)
  mkdirSync(join(ROOT, '.matrix'), { recursive: true })
  rmSync(list, { force: true })
  const { status } = spawnSync(
    binary,
    [join(__dirname, 'run.js'), '--failures', list, ...partsFor(major)],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  const seconds = Math.round((performance.now() - beganMs) / 1000)
  const names = existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : []
  if (status !== 0) failures.push({ node, names })
  return { node, result: status === 0 ? 'passed' : 'FAILED', seconds }
}

const majors = [...new Set([OWN_MAJOR, ...MAJORS])]
  .filter((major) => major !== OWN_MAJOR || !values.others)
  .sort((a, b) => a - b)
const rows = majors.map(runOn)
console.table(rows)
for (const { node, names } of failures) {
  console.log(`\nfailed on Node ${node}:`)
  for (const name of names) console.log(`  ${name}`)
  if (names.length === 0) console.log('  the run itself: its tests were not counted')
}
if (rows.some((row) => row.result !== 'passed')) process.exitCode = 1
