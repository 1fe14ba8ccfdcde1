/** More of it than anybody wants, and what strangers make of it. */
import assert from 'node:assert/strict'
import net from 'node:net'
import { knownMethod } from '../../lib/record/routes'
import { ofEvent } from '../support/app'
import { get, RawConnection, request } from '../support/http'
import { sendMany, startFaulty, writeLines } from './faulty-app'
import type { Scenario } from './scenario'

const PAUSELESS = { MEMPROF_LEAKS: 'off', MEMPROF_INTERVAL: '1h' }
/** Of the heap, where tables are full; a route of its own takes some kB each. */
const MAX_GROWN_BYTES = 2_000_000
/** Requests written to a connection at once. */
const PIPELINED = 200

/** Sends that many requests over one connection, and reads their answers. */
export async function pipeline(
  port: number,
  count: number,
  target: (at: number) => string,
): Promise<void> {
  const client = new RawConnection(port)
  let answered = 0
  for (let sent = 0; sent < count; ) {
    const upTo = Math.min(count, sent + PIPELINED)
    let text = ''
    for (; sent < upTo; sent++) text += target(sent)
    client.received = ''
    client.send(text)
    for (let open = upTo - answered; open > 0; open = upTo - answered) {
      await new Promise<void>((resolve, reject) => {
        client.socket.once('data', () => resolve()).once('close', () => reject(new Error('closed')))
      })
      client.socket.removeAllListeners('close')
      const answers = client.received.split('HTTP/1.1 200').length - 1
      if (answers + answered >= upTo) answered = upTo
    }
  }
  await client.destroy()
}

/** In the app, under --expose-gc: heapUsed after major GCs. */
export const collected = `(gc(), gc(), process.memoryUsage().heapUsed)`

/**
 * A word for each number. No digit in it: by its look nothing that memprof would fold; and begun as no path
 * of the app is, some of which never answer.
 */
export function word(at: number): string {
  return `is-${at.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!)}`
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'PURGE', 'M-SEARCH', 'LINK']

export function attacked(count: number, times: number): Scenario {
  const shown = count.toLocaleString('en')
  return {
    claim: `${shown} distinct URLs, with methods and hosts in turn, are a route for each method, in bounded memory`,
    how: `${shown} requests, each to a path of its own, the heap read after the first fifth and the last`,
    times,
    async run(stage) {
      const app = await startFaulty(stage, { env: PAUSELESS, nodeArgs: ['--expose-gc'] })
      const send = (from: number, to: number): Promise<void> =>
        pipeline(app.port, to - from, (at) => {
          const method = METHODS[at % METHODS.length]!
          return `${method} /${word(from + at)} HTTP/1.1\r\nHost: ${word(at)}.example\r\n\r\n`
        })
      await send(0, count / 5)
      await writeLines(app)
      const before = await app.ask<number>(collected)
      await send(count / 5, count)
      await writeLines(app)
      const grownBytes = (await app.ask<number>(collected)) - before
      const lines = await app.stop()
      const routes = new Set(
        ofEvent(lines, 'route').map(({ method, route }) => `${method} ${route}`),
      )
      const known = METHODS.map((method) => `${knownMethod(method)} /:id`)
      assert.deepEqual(routes, new Set(known))
      assert.deepEqual(ofEvent(lines, 'warning'), [])
      const total = ofEvent(lines, 'route').reduce((sum, line) => sum + line.requests, 0)
      assert.equal(total, count)
      assert.ok(grownBytes < MAX_GROWN_BYTES, `${grownBytes} bytes`)
      return { routes: routes.size, 'kB the heap grew by': Math.round(grownBytes / 1000) }
    },
  }
}

export function crowded(count: number, times: number): Scenario {
  const shown = count.toLocaleString('en')
  return {
    claim: `${shown} open connections with a request in flight on each are counted, and all are answered`,
    how: `${shown} connections are opened, each sends a request that is held, then all are released`,
    times,
    async run(stage) {
      const app = await startFaulty(stage, { env: PAUSELESS })
      const clients: net.Socket[] = []
      stage.after(() => clients.forEach((client) => client.destroy()))
      let answered = 0
      for (let at = 0; at < count; at++) {
        const client = net.connect(app.port, '127.0.0.1')
        clients.push(client)
        client.on('data', () => {
          answered++
          client.destroy()
        })
        await new Promise<void>((resolve, reject) => {
          client.once('connect', resolve).once('error', reject)
        })
        client.write(get('/held'))
      }
      while ((await app.ask<number>('heldCount()')) < count) {
        // Each question is a round trip.
      }
      await writeLines(app)
      await app.ask('release()')
      const lines = await app.stop()
      assert.equal(answered, count)
      const [during] = ofEvent(lines, 'process')
      assert.equal(during?.inFlight, count)
      assert.equal(ofEvent(lines, 'stop')[0]?.inFlight, 0)
      const ended = ofEvent(lines, 'route').reduce((sum, line) => sum + line.requests, 0)
      assert.equal(ended, count)
      return { 'in flight at once': count, answered }
    },
  }
}

/** Request lines as no client writes them; each is answered, and what stands for its path in a line. */
const TARGETS: ReadonlyArray<[target: string, path: string]> = [
  ['/%', '/%'],
  ['/%zz/%c3%28', '/%zz/%c3%28'],
  ['/%00%0a%1b[31m', '/%00%0a%1b[31m'],
  ['/\u00c3\u0028\u00ff', '/\u00c3\u0028\u00ff'],
  ['/\u0085\u009b31m', '/\u0085\u009b31m'],
  ['http://user:secret@host/a?secret', '/a'],
  ['http://user:secret@host?secret', '/'],
  ['//user:secret@host/a', '//user:secret@host/a'],
  ['/../../etc/passwd', '/../../etc/passwd'],
  ['/__proto__/constructor', '/__proto__/constructor'],
  ['/a?secret=1#secret', '/a'],
  ['*', '*'],
]

export const traffic: readonly Scenario[] = [
  {
    claim: 'pipelined requests are counted one by one',
    how: '2,000 requests over one connection, 200 at a time',
    times: 5,
    async run(stage) {
      const app = await startFaulty(stage, { env: PAUSELESS })
      await pipeline(app.port, 2000, () => get('/'))
      const lines = await app.stop()
      assert.equal(ofEvent(lines, 'route')[0]?.requests, 2000)
      return { counted: 2000 }
    },
  },
  {
    claim: 'half of a request on each of 200 connections is no request, and others are answered',
    how: 'slowloris: 200 connections send a part of a head and wait, while 100 requests are sent',
    times: 5,
    async run(stage) {
      const app = await startFaulty(stage, { env: PAUSELESS })
      const slow = Array.from({ length: 200 }, () => new RawConnection(app.port))
      for (const client of slow) client.send('GET /slow HTTP/1.1\r\nHost: x\r\nX-Slow: ')
      assert.equal(await sendMany(app.port, 100), 100)
      await writeLines(app)
      await Promise.all(slow.map((client) => client.destroy()))
      const lines = await app.stop()
      assert.equal(ofEvent(lines, 'stop')[0]?.requests, 100)
      assert.equal(ofEvent(lines, 'process')[0]?.inFlight, 0)
      return { 'requests answered and counted': 100 }
    },
  },
  {
    claim: 'URLs of 15 KB are cut in their lines, and not kept',
    how: '2,000 requests with paths and queries of 15,000 characters at level debug; the heap after them',
    times: 3,
    async run(stage) {
      const app = await startFaulty(stage, {
        env: { ...PAUSELESS, MEMPROF_LEVEL: 'debug' },
        nodeArgs: ['--expose-gc'],
      })
      await sendMany(app.port, 100)
      await writeLines(app)
      const before = await app.ask<number>(collected)
      const long = 'x'.repeat(7500)
      await pipeline(app.port, 2000, (at) =>
        get(`/${at}/${at % 2 === 0 ? `${long}${long}` : `short?${long}${long}`}`),
      )
      await writeLines(app)
      const grownBytes = (await app.ask<number>(collected)) - before
      const lines = ofEvent(await app.stop(), 'request')
      assert.equal(lines.length, 2100)
      const longest = lines.reduce((most, { path }) => Math.max(most, path!.length), 0)
      assert.equal(longest, 1024)
      // 2,000 paths of 1,024 characters at most, not of 15,000.
      assert.ok(grownBytes < 5_000_000, `${grownBytes} bytes`)
      return {
        'characters of the longest path': longest,
        'kB the heap grew by': Math.round(grownBytes / 1000),
      }
    },
  },
  {
    claim:
      'targets with invalid escapes and bytes, in absolute form and worse, get whole lines, without query, host or password',
    how: `${TARGETS.length} request lines that no client writes, at level debug`,
    times: 5,
    async run(stage) {
      const app = await startFaulty(stage, { env: { ...PAUSELESS, MEMPROF_LEVEL: 'debug' } })
      const answered: string[] = []
      for (const [target, path] of TARGETS) {
        const client = new RawConnection(app.port)
        client.send(get(target, 'Connection: close\r\n'))
        const answer = await client.closed()
        // Some of them Node refuses, by its version.
        if (answer.startsWith('HTTP/1.1 200')) answered.push(path)
        else assert.match(answer, /^HTTP\/1\.1 400/)
      }
      const text = (await app.stop(), app.stdout)
      const lines = ofEvent(app.lines, 'request')
      assert.equal(text.split('\n').length - 1, app.lines.length, 'no line is torn')
      assert.deepEqual(
        lines.map(({ path }) => path),
        answered,
      )
      // oxlint-disable-next-line no-control-regex -- they are what is looked for
      assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      assert.equal(
        lines.some(({ msg }) => /\p{Cc}/u.test(msg)),
        false,
      )
      assert.equal(
        JSON.stringify(lines.filter(({ path }) => !path!.startsWith('//'))).includes('secret'),
        false,
      )
      return {
        'answered and in lines': lines.length,
        'refused by Node': TARGETS.length - lines.length,
      }
    },
  },
  {
    claim: 'bytes that are no HTTP are no request, and no line',
    how: 'TLS, SSH, control characters and an overlong head; a request after each',
    times: 5,
    async run(stage) {
      const app = await startFaulty(stage, { env: PAUSELESS })
      const noise = [
        '\u0016\u0003\u0001\u0002',
        'SSH-2.0-x\r\n\r\n',
        'GET /\u0000 HTTP/1.1\r\n\r\n',
        'GET /a\u001b[31m HTTP/1.1\r\nHost: x\r\n\r\n',
        get('/', `X-Long: ${'x'.repeat(100_000)}\r\n`),
        'FOO / HTTP/1.1\r\nHost: x\r\n\r\n',
      ]
      for (const bytes of noise) {
        const client = new RawConnection(app.port)
        client.send(bytes)
        assert.match(await client.closed(), /^HTTP\/1.1 4\d\d /)
        assert.equal((await request(app.port, '/')).status, 200)
      }
      const lines = await app.stop()
      assert.equal(ofEvent(lines, 'stop')[0]?.requests, noise.length)
      return { 'refused by Node': noise.length, 'requests counted': noise.length }
    },
  },
]
