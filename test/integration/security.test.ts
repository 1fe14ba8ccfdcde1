/** The promises of SECURITY.md, each a test of that title. */
import assert from 'node:assert/strict'
import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { walk } from '../../lib/holders/walk'
import { writeProfile } from '../../lib/heap/profile-file'
import { InspectorSession } from '../../lib/inspector/session'
import { newMemory } from '../../lib/holders/walk-memory'
import { openEmitter } from '../../lib/emit/emitter'
import { ofEvent, startApp } from '../support/app'
import { ROOT, temporaryFolder } from '../support/files'
import { RawConnection, request } from '../support/http'
import { node, samples } from '../support/profiles'

const SECRET = 'hunter2secret'

/** The path of a container in every shape that has a key. */
function holderPaths(): string[] {
  const full = (): string[] => Array.from({ length: 100 }, (_, at) => `${SECRET}${at}`)
  const keyed = Object.fromEntries(full().map((key) => [key, full()]))
  const byMail = { [`${SECRET}@example.com`]: full() }
  const byMap = new Map([[SECRET, { entries: full() }]])
  const reach = (): unknown[] => [keyed, byMail, byMap]
  const session = new InspectorSession()
  try {
    const walked = session.inspect((inspection) =>
      walk([{ value: reach, name: '', stepsAhead: 0 }], {
        inspection,
        memory: newMemory(),
        bounds: { ms: 10_000, objects: 100_000, functions: 1000 },
        isOwn: () => false,
        everywhere: false,
        fromTimers: false,
      }),
    )
    return walked!.containers.map(({ path }) => path)
  } finally {
    session.close()
  }
}

/** Sockets of a process that listen or are connected, by the kernel. */
function tcpSockets(pid: number): string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1] ?? []
      } catch {
        // Closed meanwhile.
        return []
      }
    }),
  )
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => inodes.has(columns[9] ?? ''))
      .map((columns) => `${kind} ${columns[1]}`),
  )
}

const onLinux = process.platform === 'linux'

const PROMISES: Record<string, (t: TestContext) => Promise<void> | void> = {
  'A query string, header, cookie, body or password of a request stands in no line, at any level.':
    async (t) => {
      for (const level of ['info', 'debug', 'trace']) {
        const app = await startApp(t, 'express5.cjs', { env: { MEMPROF_LEVEL: level } })
        const headers = { cookie: `sid=${SECRET}`, authorization: SECRET, [`x-${SECRET}`]: SECRET }
        for (const path of ['/a', '/v1/items/7', '/nowhere']) {
          await request(app.port, `${path}?token=${SECRET}#${SECRET}`, { headers })
          await request(app.port, path, { method: 'POST', headers, body: SECRET })
        }
        const client = new RawConnection(app.port)
        client.send(
          `GET http://user:${SECRET}@host/a?${SECRET} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        )
        await client.closed()
        const lines = await app.stop()
        assert.ok(lines.length > 4)
        if (level !== 'info') assert.ok(ofEvent(lines, 'request').length === 7)
        assert.equal(app.stdout.includes(SECRET), false)
        assert.equal(app.stderr, '')
      }
    },
  'A path parameter of a matched route stands in no line at level info.': async (t) => {
    const app = await startApp(t, 'express5.cjs')
    assert.equal((await request(app.port, `/v1/items/${SECRET}`)).status, 200)
    const lines = await app.stop()
    assert.equal(ofEvent(lines, 'route')[0]?.route, '/v1/items/:id')
    assert.equal(app.stdout.includes(SECRET), false)
  },
  'What a container holds (a Map, a Set, an array), and its keys, stand in no line: a holder is told by names that are identifiers.':
    () => {
      const paths = holderPaths()
      for (const told of ['keyed', 'keyed[…]', 'byMail[…]', 'byMap.get(…).entries']) {
        assert.ok(
          paths.some((path) => path.includes(told)),
          `${told} in ${paths.join()}`,
        )
      }
      assert.equal(paths.join().includes(SECRET), false)
    },
  'A profile may be read by its owner alone, and no link is followed to write one.': (t) => {
    t.mock.method(Date.prototype, 'toISOString', () => '2026-01-02T03:04:05.006Z')
    const profile = { head: node(1, '(root)', 0), samples: samples('') }
    const write = (folder: string): string =>
      writeProfile(folder, 'abc', 'leak', profile, () => null)
    const first = write(temporaryFolder(t))
    if (process.platform !== 'win32') assert.equal(lstatSync(first).mode & 0o777, 0o600)
    const folder = temporaryFolder(t)
    const precious = join(temporaryFolder(t), 'precious')
    writeFileSync(precious, 'precious')
    symlinkSync(precious, join(folder, first.slice(first.lastIndexOf('memprof-abc'))))
    assert.throws(() => write(folder), { code: 'EEXIST' })
    assert.equal(readFileSync(precious, 'utf8'), 'precious')
  },
  'No port is opened, no connection made and no process started.': async (t) => {
    const app = await startApp(t, 'express5.cjs', {
      env: {
        MEMPROF_INTERVAL: '100ms',
        MEMPROF_LEAK_INTERVAL: '500ms',
        MEMPROF_PAUSE_BUDGET: '0.5',
        MEMPROF_PROFILE_DIR: temporaryFolder(t),
        MEMPROF_SIGNAL: 'SIGUSR2',
      },
    })
    for (let sent = 0; sent < 100; sent++) await request(app.port, '/a')
    app.child.kill('SIGUSR2')
    await app.printed(/"liveHeapBytes":[^]*"event":"process"/)
    await app.settled()
    assert.equal(await app.ask(`require('node:inspector').url() ?? null`), null)
    if (onLinux) {
      const pid = app.child.pid!
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      assert.equal(children, '')
      const sockets = tcpSockets(pid)
      assert.equal(sockets.length, 1, sockets.join())
      assert.ok(sockets[0]!.endsWith(app.port.toString(16).toUpperCase().padStart(4, '0')))
    }
  },
  'Nothing that drives a terminal stands in a line, whoever put it into a name.': (t) => {
    const destination = join(temporaryFolder(t), 'log')
    const name = '\u001b[2J\u009b31m\u202e\u0007\r\n\u007f\u2028'
    const app = { service: name, version: name, say: assert.fail }
    const emitter = openEmitter({ destination, level: 'info', ...app })
    emitter.write({ event: 'warning', code: name }, name)
    emitter.close()
    const text = readFileSync(destination, 'utf8')
    assert.doesNotMatch(text.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    const { msg, code } = JSON.parse(text) as { msg: string; code: string }
    assert.doesNotMatch(msg, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    assert.equal(code, name)
  },
  'No script runs when the package is installed, and every package it needs is locked by its hash.':
    () => {
      const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Locked
      const ours = Object.keys(own.scripts ?? {})
      for (const script of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']) {
        assert.equal(ours.includes(script), false, script)
      }
      const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
        packages: Record<string, Locked>
      }
      assert.deepEqual(packages['']!.dependencies, own.dependencies)
      assert.deepEqual(packages['']!.devDependencies, own.devDependencies)
      for (const [path, locked] of Object.entries(packages)) {
        if (path === '' || locked.link) continue
        // What is installed with memprof, beside what it is built and tested with.
        if (locked.dev) continue
        assert.match(locked.integrity ?? '', /^sha512-/, path)
        assert.equal(locked.hasInstallScript ?? false, false, path)
      }
    },
}

interface Locked {
  readonly scripts?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly integrity?: string
  readonly hasInstallScript?: boolean
  readonly dev?: boolean
  readonly link?: boolean
}

describe('SECURITY.md', () => {
  it('promises what is tested here, and nothing else', () => {
    const text = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8')
    const listed = text.split('\n').filter((line) => line.startsWith('- '))
    assert.deepEqual(
      listed.map((line) => line.slice(2)),
      Object.keys(PROMISES),
    )
  })

  for (const [promise, test] of Object.entries(PROMISES)) it(promise, test)
})
