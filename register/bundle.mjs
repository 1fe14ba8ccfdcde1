/**
 * Makes the many files that a preload loads into five, each in the place of its own entry:
 * finding, reading and compiling every file cost the app's start more than running what is in them
 * (docs/cost.md, "Start-up").
 *
 * `register` and `start` are all that a process without a server loads. `recording` comes when it wakes. `recorder` and
 * `judge` stand apart for who wraps them: the tests of memprof's failures, and the corpus where it records
 * what was judged. `intrinsics` is loaded once, before the app can have patched what it takes. Lines and
 * names stay: an error of memprof's tells them.
 */
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const ENTRIES = [
  'register/index',
  'lib/start',
  'lib/recording/recording',
  'lib/record/recorder',
  'lib/verdict/judge',
].map((name) => `./dist/${name}.js`)
const SHARED = [...ENTRIES, './dist/lib/inspector/intrinsics.js']

for (const entry of ENTRIES) {
  buildSync({
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    entryPoints: [entry],
    outfile: entry,
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    packages: 'external',
    external: SHARED.filter((shared) => shared !== entry),
  })
}
