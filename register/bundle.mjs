/**
 * Makes the many files that a preload loads into five, each in the place of its own entry: finding, reading and
 * compiling every file cost the app's start more than running what is in them (docs/cost.md, "Start-up").
 *
 * `register` and `start` are all that a process without a server loads. `recording` comes when it wakes.
 * `recorder` and `judge` stand apart for who wraps them: the tests of memprof's failures, and the corpus where
 * it records what was judged. `intrinsics` is loaded once, before the app can have patched what it takes. Lines
 * and names stay: an error of memprof's tells them. Made of the sources, not of what tsc has made of them:
 * modules that share one scope need no function each, which V8 would compile twice.
 */
import { dirname, relative, resolve } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ENTRIES = [
  'register/index',
  'lib/start',
  'lib/recording/recording',
  'lib/record/recorder',
  'lib/verdict/judge',
]
const SHARED = [...ENTRIES, 'lib/inspector/intrinsics']

/** Leaves out what is shared, and package.json, and asks for them where they are as seen from dist. */
const apart = (entry) => ({
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ kind, path, resolveDir }) => {
      if (kind === 'entry-point') return undefined
      const from = dirname(`dist/${entry}`)
      if (path.endsWith('/package.json'))
        return { path: relative(from, 'package.json'), external: true }
      const module = relative(ROOT, resolve(resolveDir, path))
      if (module === entry || !SHARED.includes(module)) return undefined
      const to = relative(from, `dist/${module}.js`)
      return { path: to.startsWith('.') ? to : `./${to}`, external: true }
    })
  },
})

await Promise.all(
  ENTRIES.map((entry) =>
    build({
      absWorkingDir: ROOT,
      entryPoints: [`${entry}.ts`],
      outfile: `dist/${entry}.js`,
      bundle: true,
      platform: 'node',
      target: 'node20',
      charset: 'utf8',
      packages: 'external',
      // What package.json says of side effects is said of the package as it ships.
      ignoreAnnotations: true,
      plugins: [apart(entry)],
    }),
  ),
)
