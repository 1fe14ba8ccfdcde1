/**
 * Runs the compiled tests: `node dist/test/run.js [part of a file's name ...]`.
 * Not `node --test`: its patterns differ between Node 20 and 26, and a runner of our own is the same
 * under each.
 */
import { filesEndingWith } from './support/files'
import { relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

/** A file that hangs is killed, and fails. */
const FILE_TIMEOUT_MS = 400_000

const wanted = process.argv.slice(2)
const files = filesEndingWith(__dirname, '.test.js').filter(
  (file) => wanted.length === 0 || wanted.some((part) => relative(__dirname, file).includes(part)),
)

if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`)
  process.exitCode = 2
} else {
  // Processes, not tests within one: most tests wait for children, and two cores serve them all.
  run({ files, concurrency: 2, timeout: FILE_TIMEOUT_MS })
    .on('test:fail', () => {
      process.exitCode = 1
    })
    .compose(new spec())
    .pipe(process.stdout)
}
