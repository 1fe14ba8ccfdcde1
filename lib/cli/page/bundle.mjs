/**
 * Makes the page of `memprof report --html` one script and one style, beside lib/cli/view/html.ts in
 * dist. The script is made of the compiled modules, the same files that the unit tests import.
 *
 * uPlot's banner is an address, and the page names none: its licence goes in instead.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const uplot = createRequire(import.meta.url).resolve('uplot/LICENSE')

buildSync({
  absWorkingDir: root,
  entryPoints: [
    { in: 'dist/lib/cli/page/main.js', out: 'page' },
    { in: 'lib/cli/page/page.css', out: 'page' },
  ],
  outdir: 'dist/lib/cli/view',
  bundle: true,
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  banner: { js: `/*\nuPlot\n\n${readFileSync(uplot, 'utf8').trim()}\n*/` },
})
