import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { countsByRoute, ofEvent, startApp } from '../support/app'
import { ROOT, temporaryFolder } from '../support/files'
import { request } from '../support/http'
import { runNode } from '../support/node'

interface Packed {
  filename: string
  unpackedSize: number
  files: Array<{ path: string }>
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
}

/** Below that folder, with `/`. */
function filesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

/** A browser gets them: the modules of the page are in these. */
const PAGE = ['page.js', 'page.css'].map((name) => `dist/lib/cli/view/${name}`)

/** What those scripts of dist require, and what that requires in turn. */
function reachedFrom(entries: readonly string[]): Set<string> {
  const reached = new Set(entries.map((entry) => `dist/${entry}`))
  for (const script of reached) {
    const code = readFileSync(join(ROOT, script), 'utf8')
    for (const [, asked] of code.matchAll(/\b(?:require|import)\(["'](\.[^"']+)["']\)/g)) {
      const path = posix.join(posix.dirname(script), asked!)
      reached.add(/\.js(on)?$/.test(path) ? path : `${path}.js`)
    }
  }
  return reached
}

describe('the package as published', () => {
  let packed: Packed
  const folder = temporaryFolder({ after })

  before(() => {
    const json = npm(ROOT, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder)
    packed = (JSON.parse(json) as Packed[])[0]!
  })

  it('holds what users need and nothing else', () => {
    const paths = packed.files.map(({ path }) => path)
    const scripts = reachedFrom(['lib/index.js', 'lib/cli/main.js', 'register/index.js'])
    assert.deepEqual(
      [...scripts].filter((script) => !paths.includes(script)),
      [],
      'each script that another asks for',
    )
    // Maps to sources that are not there would serve none, nor the types of a command, which nobody imports.
    const sources = new Set([...filesOf('lib'), ...filesOf('register')])
    const stale = paths.filter((path) => {
      const source = /^dist\/(.+?)(?:\.d\.ts|\.js)$/.exec(path)?.[1]
      return path.startsWith('dist/') && !PAGE.includes(path) && !sources.has(`${source}.ts`)
    })
    assert.deepEqual(stale, [], 'of an older build: remove dist')
    const docs = filesOf('docs').filter((path) => !path.startsWith('docs/images/'))
    assert.deepEqual(
      paths.filter((path) => !path.startsWith('dist/') || PAGE.includes(path)).sort(),
      [
        ...PAGE,
        ...docs,
        'README.md',
        'CHANGELOG.md',
        'SECURITY.md',
        'LICENSE',
        'package.json',
      ].sort(),
    )
    assert.ok(packed.unpackedSize < 1_700_000, `${packed.unpackedSize} bytes`)
  })

  it('installs in an empty folder and runs an app, with -r, --import and by name', async (t) => {
    const home = join(folder, 'empty')
    mkdirSync(home)
    writeFileSync(join(home, 'package.json'), '{"name":"shop","version":"3.2.1"}')
    npm(home, 'install', '--no-audit', '--no-fund', join(folder, packed.filename))
    writeFileSync(
      join(home, 'app.js'),
      `const server = require('node:http').createServer((_req, res) => res.end('ok'))
       server.listen(0, '127.0.0.1', () => console.log('PORT ' + server.address().port))`,
    )
    for (const preload of [
      ['-r', 'memprof/register'],
      ['--import', 'memprof/register'],
    ]) {
      const app = await startApp(t, join(home, 'app.js'), { preload, cwd: home })
      await request(app.port, '/ok')
      const lines = await app.stop()
      assert.deepEqual(countsByRoute(lines), { 'GET /ok': '1' })
      const [start] = ofEvent(lines, 'start')
      assert.equal(`${start?.service} ${start?.version}`, 'shop 3.2.1')
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
        version: string
      }
      assert.equal(start?.versions.memprof, version)
      assert.equal(app.stderr, '')
    }
    const imported = await runNode(
      [
        '--input-type=module',
        '-e',
        `import { snapshot } from 'memprof'; console.log(snapshot().rss > 0)`,
      ],
      { cwd: home },
    )
    assert.equal(imported.stdout, 'true\n')
    const installed = npm(home, 'ls', '--depth', '1', '--parseable').trim().split('\n').length
    assert.equal(
      installed,
      1 + 1 + 5,
      'the folder, memprof, three packages of the preload, and one each of report and check',
    )
  })
})
