import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
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

describe('the package as published', () => {
  let packed: Packed
  const folder = temporaryFolder({ after })

  before(() => {
    const json = npm(ROOT, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder)
    packed = (JSON.parse(json) as Packed[])[0]!
  })

  it('holds what users need and nothing else', () => {
    // The modules of the page are in one script and one style, which a browser gets.
    const sources = [...filesOf('lib'), ...filesOf('register')].filter(
      (path) => !path.startsWith('lib/cli/page/'),
    )
    // Nobody imports a command: its types would serve none. Nor would maps to sources that are not there.
    const built = sources.flatMap((source) =>
      ['.js', ...(source.startsWith('lib/cli/') ? [] : ['.d.ts'])].map(
        (ending) => `dist/${source.replace(/\.ts$/, ending)}`,
      ),
    )
    const page = ['page.js', 'page.css'].map((name) => `dist/lib/cli/view/${name}`)
    const docs = filesOf('docs').filter((path) => !path.startsWith('docs/images/'))
    assert.deepEqual(
      packed.files.map(({ path }) => path).sort(),
      [
        ...built,
        ...page,
        ...docs,
        'README.md',
        'CHANGELOG.md',
        'SECURITY.md',
        'LICENSE',
        'package.json',
      ].sort(),
      'one file too many may be of an older build: remove dist',
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
