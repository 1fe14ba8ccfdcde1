/**
 * Runs the compiled tests: `node dist/test/run.js [--failures FILE] [part of a file's name ...]`.
 * `--failures`: writes there, one a line, what failed.
 *
 * Not `node --test`: its patterns differ between Node 20 and 26, and a runner of our own is the same
 * under each.
 */
import { writeFileSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { filesEndingWith } from './support/files'

/** A file that hangs is killed, and fails. */
const FILE_TIMEOUT_MS = 400_000

const { values, positionals: wanted } = parseArgs({
  options: { failures: { type: 'string' } },
  allowPositionals: true,
})
const files = filesEndingWith(__dirname, '.test.js').filter(
  (file) => wanted.length === 0 || wanted.some((part) => relative(__dirname, file).includes(part)),
)

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
