/**
 * The page's script: the modules of lib/cli/page as tsc compiled them, and uPlot, each a function
 * behind a `require` of a few lines. No bundler: all of them are known by name.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'

const PAGE = path.join(__dirname, '..', 'page')

/** Files by the name they are required by, less the folder. `main` runs, the others when required. */
const MODULES: Readonly<Record<string, string>> = {
  amounts: path.join(__dirname, '..', '..', 'emit', 'amounts.js'),
  numbers: path.join(__dirname, 'numbers.js'),
  ...Object.fromEntries(
    [
      'bins',
      'chart',
      'clock',
      'dom',
      'findings',
      'icicle',
      'lanes',
      'main',
      'memory-chart',
      'processes',
      'routes',
      'scrubber',
      'share',
      'theme',
      'time-view',
      'zoom',
    ].map((name) => [name, path.join(PAGE, `${name}.js`)]),
  ),
}

const RUNTIME = `
const modules = new Map()
function require(id) {
  const name = id.slice(id.lastIndexOf('/') + 1)
  let module = modules.get(name)
  if (!module) {
    module = { exports: {} }
    modules.set(name, module)
    sources[name](module, module.exports)
  }
  return module.exports
}
require('main')
`

/** @throws Error of node:fs when a file of the installed package is missing. */
export function pageScript(): string {
  const sources = Object.entries(MODULES).map(
    ([name, file]) => `'${name}'(module, exports) {\n${withoutMap(readFileSync(file, 'utf8'))}}`,
  )
  const uplot = `'uplot'(module) {\n${readUplot('uPlot.iife.min.js')}\nmodule.exports = uPlot\n}`
  return `/*\n${uplotLicence()}\n*/\n(() => {\nconst sources = {\n${[...sources, uplot].join(',\n')}\n}\n${RUNTIME}})()\n`
}

export function uplotStyle(): string {
  return readUplot('uPlot.min.css')
}

function withoutMap(source: string): string {
  return source.replace(/^\/\/# sourceMappingURL=.*$/m, '')
}

function uplotFolder(): string {
  return path.dirname(require.resolve('uplot/package.json'))
}

/** Without its banner, an address: the licence says whose it is. */
function readUplot(file: string): string {
  const source = readFileSync(path.join(uplotFolder(), 'dist', file), 'utf8')
  return source.replace(/^\/\*![^*]*\*\/\s*/, '').trimEnd()
}

function uplotLicence(): string {
  return `uPlot\n\n${readFileSync(path.join(uplotFolder(), 'LICENSE'), 'utf8').trim()}`
}
