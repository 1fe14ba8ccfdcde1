/**
 * The tests on each supported Node: `node dist/test/matrix.js [--others] [part of a file's name ...]`.
 * `--others`: not on the Node that runs this.
 *
 * The binaries come from the packages behind npm's `node`, one per platform, and are kept in .matrix:
 * no version manager, and no install script.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { ROOT } from './support/files'

const MAJORS = [20, 22, 24, 26]
const own = Number(process.versions.node.split('.')[0])
const { values, positionals } = parseArgs({
  options: { others: { type: 'boolean', default: false } },
  allowPositionals: true,
})

/** The binary of that major; null when it cannot be had. */
function binaryOf(major: number): string | null {
  if (major === own) return process.execPath
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const home = join(ROOT, '.matrix', String(major))
  const binary = join(
    home,
    'node_modules',
    name,
    process.platform === 'win32' ? 'bin/node.exe' : 'bin/node',
  )
  if (!existsSync(binary)) {
    const args = ['install', '--prefix', home, '--no-audit', '--no-fund', `${name}@${major}`]
    const shell = process.platform === 'win32'
    const { status } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'], shell })
    if (status !== 0 || !existsSync(binary)) return null
  }
  return binary
}

interface Row {
  node: string
  result: 'passed' | 'FAILED' | 'NOT RUN'
  seconds: number
}

/** Told once more after the table: the end of the output is what people read. */
const failures: Array<{ node: string; names: string[] }> = []

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
    [join(__dirname, 'run.js'), '--failures', list, ...positionals],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  const seconds = Math.round((performance.now() - beganMs) / 1000)
  const names = existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : []
  if (status !== 0) failures.push({ node, names })
  return { node, result: status === 0 ? 'passed' : 'FAILED', seconds }
}

const majors = [...new Set([own, ...MAJORS])]
  .filter((major) => major !== own || !values.others)
  .sort((a, b) => a - b)
const rows = majors.map(runOn)
console.table(rows)
for (const { node, names } of failures) {
  console.log(`\nfailed on Node ${node}:`)
  for (const name of names) console.log(`  ${name}`)
  if (names.length === 0) console.log('  the run itself: its tests were not counted')
}
if (rows.some((row) => row.result !== 'passed')) process.exitCode = 1
