/**
 * Runs the compiled tests, of test/ and those beside a benchmark:
 *
 *   npm test [-- [--failures FILE] [part of a file's path ...]]     builds first
 *   node dist/benchmarks/suite/run.js judge                         test/verdict/judge.test.ts
 *
 * `--failures`: writes there, one a line, what failed.
 *
 * A runner of our own, because `node --test` is another one on each supported Node: 20 takes no
 * patterns, and given a folder it runs every file of a folder named `test`, the fixtures' servers too;
 * 22 and later take patterns and nothing else. `run()` of node:test takes a list of files on all of them.
 */
import { writeFileSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { filesEndingWith, ROOT } from '../../test/support/files'

/** A file that hangs is killed, and fails. */
const FILE_TIMEOUT_MS = 400_000

const { values, positionals: wanted } = parseArgs({
  options: { failures: { type: 'string' } },
  allowPositionals: true,
})
const DIST = join(ROOT, 'dist')
const files = ['test', 'benchmarks']
  .flatMap((folder) => filesEndingWith(join(DIST, folder), '.test.js'))
  .filter((file) => {
    const name = relative(DIST, file).split(sep).join('/')
    return wanted.length === 0 || wanted.some((part) => name.includes(part))
  })

if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`)
  process.exitCode = 2
} else {
  const failures: string[] = []
  // Processes, not tests within one: most tests wait for children, and two cores serve them all.
  run({ files, concurrency: 2, timeout: FILE_TIMEOUT_MS })
    .on('test:fail', ({ name, file = '', details }) => {
      process.exitCode = 1
      // A suite fails with its tests: those tell.
      const cause = details.error as Error & { failureType?: string }
      if (cause.failureType !== 'subtestsFailed') failures.push(`${basename(file)}: ${name}`)
    })
    .once('end', () => {
      if (values.failures)
        writeFileSync(values.failures, failures.map((one) => `${one}\n`).join(''))
    })
    .compose(new spec())
    .pipe(process.stdout)
}
