/** Leaks, from an app's traffic to the line that names them. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { sourceHash } from '../../lib/inspector/source-hash'
import type { SampledNode } from '../../lib/inspector/sampled-profile'
import { type App, type AppOptions, type LineOf, ofEvent, startApp } from '../support/app'
import { FIXTURES, REGISTER, ROOT, temporaryFolder } from '../support/files'
import { get, RawConnection, request } from '../support/http'
import { Client, load } from '../support/load'

const FAST = {
  MEMPROF_LEAK_INTERVAL: '500ms',
  MEMPROF_INTERVAL: '500ms',
  MEMPROF_PAUSE_BUDGET: '0.5',
  // Chosen by itself it would be the same in the end, a quarter of a second later.
  MEMPROF_SAMPLING_BYTES: '8kb',
}

function start(t: TestContext, file: string, options: AppOptions = {}): Promise<App> {
  return startApp(t, file, { ...options, env: { ...FAST, ...options.env } })
}

function leaksOf(app: App): Array<LineOf<'leak'>> {
  return ofEvent(app.lines, 'leak')
}

/** Parses what the app printed only when there is more of it. */
function whenTold(app: App, enough: (leaks: Array<LineOf<'leak'>>) => boolean): () => boolean {
  let seen = 0
  return () => {
    if (app.stdout.length === seen) return false
    seen = app.stdout.length
    return enough(leaksOf(app))
  }
}

/** Line, from 1, of the fixture that holds the text. */
function lineOf(fixture: string, text: string): number {
  const lines = readFileSync(join(FIXTURES, fixture), 'utf8').split('\n')
  return 1 + lines.findIndex((line) => line.includes(text))
}

/** At the function, or where a trace was made of it, at what allocates there. */
function checkLine(
  site: LineOf<'leak'>['sites'][number],
  fixture: string,
  text: string,
  exact: string,
): void {
  assert.equal(site.line, lineOf(fixture, site.lineExact ? exact : text), JSON.stringify(site))
}

function checkFigures(leak: LineOf<'leak'>): void {
  const rate = leak.bytesPerRequest ?? leak.bytesPerSecond ?? Number.NaN
  const [low, high] = leak.ci95 ?? [Number.NaN, Number.NaN]
  assert.ok(0 < low && low <= rate && rate <= high, JSON.stringify(leak))
  assert.ok(leak.retainedBytes > 0)
  for (const site of leak.sites) assert.ok(site.bytes > 0 && site.share > 0 && site.share <= 1)
}

/** Within the interval told, or its width beyond: six standard deviations, which no chance exceeds. */
function checkNear(leak: LineOf<'leak'>, truth: number): void {
  const [low, high] = leak.ci95!
  const width = high - low
  assert.ok(low - width <= truth && truth <= high + width, JSON.stringify(leak))
}

/** Whether anybody samples the heap of the app's process. */
const IS_SAMPLING = `(() => {
  const session = new (require('node:inspector').Session)()
  session.connect()
  let sampling
  session.post('HeapProfiler.getSamplingProfile', (error) => { sampling = !error })
  session.disconnect()
  return sampling
})()`

describe('a leak line', () => {
  it('names each leaking route, its bytes and its line, and no route that keeps nothing; the channel tells the same', async (t) => {
    const profiles = join(temporaryFolder(t), 'profiles')
    const app = await start(t, 'leaks.cjs', { env: { MEMPROF_PROFILE_DIR: profiles } })
    await app.ask(
      `void (globalThis.told = [], require('node:diagnostics_channel').subscribe('memprof:leak', (message) => told.push(message)))`,
    )
    const expected = ['/sync', '/after', '/requests']
    await load(
      app.port,
      ['/sync', '/after', '/requests', '/garbage', '/recent'],
      whenTold(app, (leaks) => expected.every((path) => leaks.some(({ route }) => route === path))),
    )
    const told = await app.ask<Array<LineOf<'leak'>>>('told')
    const leaks = leaksOf(app)
    assert.deepEqual(new Set(leaks.map(({ route }) => route)), new Set(expected))
    for (const leak of leaks) {
      assert.equal(leak.scope, 'route')
      assert.equal(leak.kind, 'heap')
      assert.equal(leak.method, 'GET')
      checkFigures(leak)
    }
    const last = (path: string): LineOf<'leak'> => leaks.findLast(({ route }) => route === path)!

    const sync = last('/sync')
    assert.equal(sync.attribution, 'direct')
    checkNear(sync, 1650)
    const [site] = sync.sites
    assert.equal(site?.function, 'remember')
    assert.match(site?.file ?? '', /test\/fixtures\/apps\/leaks\.cjs$/)
    checkLine(site!, 'leaks.cjs', 'function remember(', 'kept.push(')
    assert.match(sync.msg, /^GET \/sync keeps .* per request .*, allocated in remember \(/)

    const after = last('/after')
    checkLine(after.sites[0]!, 'leaks.cjs', "app.get('/after'", 'resumed.set(')
    checkNear(after, 3300)

    assert.ok((last('/requests').keptRequestsShare ?? 0) > 0.9)
    assert.equal(sync.keptRequestsShare, 0)

    assert.deepEqual(
      told.map(({ route, bytesPerRequest }) => [route, bytesPerRequest]),
      leaks.slice(0, told.length).map(({ route, bytesPerRequest }) => [route, bytesPerRequest]),
    )
    assert.ok(told.length >= 3)

    const files = readdirSync(profiles)
    assert.ok(files.length > 0 && files.every((file) => file.endsWith('-leak.heapprofile')))
    const file = join(profiles, files.at(-1)!)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const names = new Set<string>()
    const visit = ({ callFrame, children }: SampledNode): void => {
      names.add(callFrame.functionName)
      children.forEach(visit)
    }
    visit((JSON.parse(readFileSync(file, 'utf8')) as { head: SampledNode }).head)
    assert.ok(names.has('GET /sync') && names.has('remember'), [...names].join())

    const [stop] = ofEvent(await app.stop(), 'stop')
    const verdicts = new Map(stop?.verdicts.map(({ route, verdict }) => [route, verdict]))
    for (const path of expected) assert.equal(verdicts.get(path), 'leaking', path)
    for (const path of ['/garbage', '/recent']) assert.notEqual(verdicts.get(path), 'leaking', path)
  })

  it('is one where the route has no framework to name it, and its values are words', async (t) => {
    const app = await start(t, 'slugs.cjs')
    const words = Array.from('abcdefgh', (first) => Array.from('abcdefgh', (last) => first + last))
    const paths = words.flat().flatMap((word) => [`/products/${word}`, `/pages/${word}`])
    await load(
      app.port,
      paths,
      whenTold(app, (leaks) => leaks.length > 0),
    )
    const [leak] = leaksOf(app)
    assert.equal(leak?.route, '/products/:id')
    assert.equal(leak.attribution, 'direct')
    checkNear(leak, 1650)
    const [stop] = ofEvent(await app.stop(), 'stop')
    assert.deepEqual(stop?.verdicts.map(({ route }) => route).toSorted(), [
      '/pages/:id',
      '/products/:id',
    ])
  })

  it('names the route for which a shared helper allocates after its await, in steady traffic: traced', async (t) => {
    const app = await start(t, 'shared-helper.cjs')
    const paths = ['/home', '/item', '/basket']
    const isTold = whenTold(app, (leaks) => leaks.some(({ holders }) => holders[0]?.added))
    const client = new Client(app.port)
    t.after(() => client.close())
    let sent = 0
    const endMs = performance.now() + 90_000
    while (!isTold() && performance.now() < endMs) {
      await client.sendMany(60, () => ({ path: paths[sent++ % paths.length]! }))
      // Paced, as other tests run beside this one.
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const leaks = leaksOf(app)
    const leak = leaks.at(-1)
    assert.ok(leak, app.stdout.slice(-4000))
    for (const { scope, method, route, attribution } of leaks) {
      assert.deepEqual([scope, method, route, attribution], ['route', 'GET', '/basket', 'traced'])
    }
    const [unit] = leak.trace!.units
    assert.deepEqual([unit?.method, unit?.route], ['GET', '/basket'])
    assert.ok(unit!.share > 0.9, JSON.stringify(leak.trace))
    assert.equal(leak.sites[0]?.function, 'price')
    checkLine(leak.sites[0], 'shared-helper.cjs', 'async function price(', 'return { id, words')
    // The function that adds is in none of the stacks that allocate what is kept, but in that of the Map's
    // table, where that has grown by now: no other line is told.
    const [holder] = leak.holders
    assert.equal(holder?.path, 'baskets')
    const line = lineOf('shared-helper.cjs', 'baskets.set')
    assert.equal(holder.addedAt?.line ?? line, line, leak.msg)
    assert.deepEqual(holder.addedBy, [{ method: 'GET', route: '/basket', share: 1 }])
    assert.deepEqual([holder.removed, holder.removedBy], [0, []])
    checkFigures(leak)
    const [stop] = ofEvent(await app.stop(), 'stop')
    const verdicts = new Map(stop?.verdicts.map(({ route, verdict }) => [route, verdict]))
    assert.equal(verdicts.get('/basket'), 'leaking')
    for (const path of ['/home', '/item']) assert.notEqual(verdicts.get(path), 'leaking', path)
  })

  it('says what a process without a server keeps per second, if it is to be woken, with its line and its holder', async (t) => {
    const app = await start(t, 'jobs.cjs', { env: { MEMPROF_WAKE: 'always' } })
    const isTold = whenTold(app, (leaks) => leaks.some(({ holders }) => holders[0]?.addedAt))
    const endMs = performance.now() + 90_000
    while (!isTold() && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const leak = leaksOf(app).at(-1)
    assert.ok(leak, app.stdout)
    const { scope, requests, bytesPerRequest, sites, holders } = leak
    assert.deepEqual([scope, requests, bytesPerRequest], ['process', 0, undefined])
    checkFigures(leak)
    assert.equal(sites[0]?.function, 'sendMail')
    checkLine(sites[0], 'jobs.cjs', 'function sendMail', 'sent.set(')
    assert.equal(holders[0]?.path, 'sent')
    const { addedAt } = holders[0]
    assert.equal(addedAt?.line, lineOf('jobs.cjs', 'sent.set('), leak.msg)
    assert.equal(addedAt.sourceHash, sourceHash(readFileSync(join(FIXTURES, 'jobs.cjs'), 'utf8')))
    const [stop] = ofEvent(await app.stop(), 'stop')
    assert.deepEqual(stop?.verdicts, [])
  })

  const ELSEWHERE: Array<[which: string, scope: string, kind: string, site: string]> = [
    ['middleware', 'shared', 'heap', 'audit'],
    ['timer', 'process', 'heap', 'sample'],
    ['buffers', 'route', 'buffers', ''],
  ]
  for (const [which, scope, kind, site] of ELSEWHERE) {
    it(`says ${scope} ${kind} of ${which}`, async (t) => {
      const app = await start(t, 'leaks-elsewhere.cjs', { args: [which] })
      const isExpected = (leak: LineOf<'leak'>): boolean =>
        leak.scope === scope && leak.kind === kind
      await load(
        app.port,
        ['/a', '/b', '/c', '/d'],
        whenTold(app, (leaks) => leaks.some(isExpected)),
        // What a timer makes is traced first: a search for what keeps it, and 18 s, at most.
        60_000,
      )
      const leaks = leaksOf(app)
      assert.deepEqual(
        leaks.filter((leak) => !isExpected(leak)),
        [],
      )
      const leak = leaks[0]
      assert.ok(leak, app.stdout)
      checkFigures(leak)
      if (site) assert.equal(leak.sites[0]?.function, site)
      if (which === 'buffers') {
        assert.equal(leak.route, '/a')
        checkNear(leak, 20_000)
      }
      if (which === 'timer') assert.equal(leak.bytesPerRequest, undefined)
    })
  }

  it('says process heap of messages over a connection, while no request comes', async (t) => {
    const app = await start(t, 'leaks-elsewhere.cjs', { args: ['messages'] })
    const connection = new RawConnection(app.port)
    connection.send(get('/', 'Connection: Upgrade\r\nUpgrade: lines\r\n'))
    await connection.until(/101/)
    const messages = setInterval(() => connection.send('message'), 10)
    t.after(() => clearInterval(messages))
    await app.printed(/"event":"leak"/)
    const [leak] = leaksOf(app)
    assert.deepEqual(
      [leak?.scope, leak?.kind, leak?.sites[0]?.function],
      ['process', 'heap', 'receive'],
    )
    checkFigures(leak!)
  })

  it('shows the .ts file of an ES module that ships its source map', async (t) => {
    const folder = join(temporaryFolder(t), 'app')
    mkdirSync(join(folder, 'dist'), { recursive: true })
    const express = JSON.stringify(join(ROOT, 'node_modules/express/index.js'))
    writeFileSync(
      join(folder, 'dist/app.mjs'),
      // It is the handler that allocates: V8 may inline a function it calls, and then names the handler.
      `import express from ${express}
const app = express()
const kept = []
function keep(_req, res) { kept.push({ words: new Array(200).fill(kept.length) }); res.send('kept') }
app.get('/keeps', keep)
app.get('/b', (_req, res) => { res.send('b') })
const server = app.listen(0, '127.0.0.1', () => console.log('PORT ' + server.address().port))
//# sourceMappingURL=app.mjs.map
`,
    )
    writeFileSync(
      join(folder, 'dist/app.mjs.map'),
      // Line 4 of the module is line 40 of the source.
      JSON.stringify({ version: 3, sources: ['../src/app.ts'], names: [], mappings: ';;;AAuCA' }),
    )
    const app = await start(t, join(folder, 'dist/app.mjs'), {
      preload: ['--import', REGISTER],
      cwd: folder,
    })
    await load(
      app.port,
      ['/keeps', '/b'],
      whenTold(app, (leaks) => leaks.length > 0),
    )
    const [leak] = leaksOf(app)
    assert.equal(leak?.route, '/keeps')
    assert.equal(leak?.sites[0]?.function, 'keep')
    assert.equal(leak?.sites[0]?.file, 'src/app.ts')
    assert.equal(leak?.sites[0]?.line, 40)
  })
})

describe('the sampling heap profiler', () => {
  it('runs by default, and not under MEMPROF_LEAKS=off: no inspector session, no leak fields', async (t) => {
    const on = await start(t, 'leaks.cjs')
    assert.equal(await on.ask(IS_SAMPLING), true)
    const off = await start(t, 'leaks.cjs', { env: { MEMPROF_LEAKS: 'off' } })
    await off.ask(
      `void (globalThis.live = [], require('node:diagnostics_channel').subscribe('memprof:leak', () => live.push(1)))`,
    )
    assert.equal(await off.ask(IS_SAMPLING), false)
    await load(off.port, ['/sync'], () => ofEvent(off.lines, 'process').length >= 3)
    assert.equal(await off.ask(IS_SAMPLING), false)
    assert.deepEqual(await off.ask('live'), [])
    const lines = await off.stop()
    assert.deepEqual(ofEvent(lines, 'leak'), [])
    assert.deepEqual(ofEvent(lines, 'warning'), [])
    assert.equal(ofEvent(lines, 'stop')[0]?.self.pauseMs, 0)
  })

  it('is left to another agent that runs it already: a warning, requests recorded, their profile untouched', async (t) => {
    const agent = join(temporaryFolder(t), 'agent.cjs')
    writeFileSync(
      agent,
      `const { Session } = require('node:inspector')
       const session = globalThis.agent = new Session()
       session.connect()
       session.post('HeapProfiler.startSampling', { samplingInterval: 4096 })`,
    )
    const app = await start(t, 'leaks.cjs', { preload: ['-r', REGISTER, '-r', agent] })
    await request(app.port, '/sync')
    const lines = await app.stop()
    assert.deepEqual(
      ofEvent(lines, 'warning').map(({ code }) => code),
      ['heap-profiler-taken'],
    )
    assert.equal(ofEvent(lines, 'route')[0]?.requests, 1)
  })

  it('once stopped by somebody else is told about, once, and not started again', async (t) => {
    const app = await start(t, 'leaks.cjs')
    await app.ask(`(() => {
      const session = new (require('node:inspector').Session)()
      session.connect()
      session.post('HeapProfiler.stopSampling')
      session.disconnect()
    })()`)
    await load(app.port, ['/sync'], () => ofEvent(app.lines, 'warning').length > 0)
    assert.equal(await app.ask(IS_SAMPLING), false)
    assert.deepEqual(
      ofEvent(await app.stop(), 'warning').map(({ code }) => code),
      ['heap-profiler-stopped'],
    )
  })

  it('reads the heap no more after a reading longer than MEMPROF_MAX_PAUSE: one warning says so', async (t) => {
    const app = await start(t, 'leaks.cjs', { env: { MEMPROF_MAX_PAUSE: '1ms' } })
    // Enough to mark that no collection takes less than 1 ms.
    await app.ask(`void (globalThis.ballast = Array.from({ length: 3e5 }, (_, at) => ({ at })))`)
    await load(app.port, ['/sync', '/garbage'], () => ofEvent(app.lines, 'warning').length > 0)
    const before = app.lines.length
    await load(app.port, ['/sync', '/garbage'], () => app.lines.length >= before + 6)
    const lines = await app.stop()
    assert.deepEqual(
      ofEvent(lines, 'warning').map(({ code }) => code),
      ['pause-exceeded'],
    )
    const pauses = ofEvent(lines, 'process').map(({ self }) => self.pauseMs)
    assert.ok(pauses.filter((ms) => ms > 0).length <= 1, `${pauses.join()}`)
  })

  it('ends with stop()', async (t) => {
    const app = await startApp(t, 'leaks.cjs', { preload: [] })
    const lib = JSON.stringify(join(ROOT, 'dist/lib/index.js'))
    await app.ask(`void (globalThis.memprof = require(${lib}).start())`)
    await request(app.port, '/sync')
    assert.equal(await app.ask(IS_SAMPLING), true)
    await app.ask('memprof.stop()')
    assert.equal(await app.ask(IS_SAMPLING), false)
  })
})

describe('MEMPROF_SIGNAL', () => {
  it('writes a profile, too', async (t) => {
    const profiles = temporaryFolder(t)
    const app = await start(t, 'leaks.cjs', {
      env: { MEMPROF_PROFILE_DIR: profiles, MEMPROF_SIGNAL: 'SIGUSR2', MEMPROF_INTERVAL: '1h' },
    })
    await request(app.port, '/sync')
    app.child.kill('SIGUSR2')
    await app.printed(/"event":"process"/)
    // The profile comes after the lines; an answer comes after the profile.
    await app.ask('null')
    const files = readdirSync(profiles)
    assert.equal(files.length, 1, files.join())
    assert.match(files[0]!, /^memprof-.+-signal\.heapprofile$/)
    const { head, samples } = JSON.parse(readFileSync(join(profiles, files[0]!), 'utf8')) as Record<
      string,
      unknown
    >
    assert.ok(head && Array.isArray(samples))
  })
})
