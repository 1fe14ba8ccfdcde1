import assert from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { stat } from 'node:fs'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import http2 from 'node:http2'
import net, { type AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { RequestMarks } from '../../lib/record/request-marks'
import { Slices } from '../../lib/trace/slices'
import { RawConnection } from '../support/http'
import { endMark } from '../support/marks'
import { ENTRIES, type Handled, told, TracedServer } from '../support/traced-server'

const ROUNDS = 6
/** Of each route, at the same time. */
const AT_ONCE = 4
const REQUESTS = ROUNDS * AT_ONCE
const ALL = ENTRIES.map((entries, route) => `/${route} ${entries * REQUESTS}`).join(', ')

/** `received` tells when the server has the first part of a body: the second comes only then. */
const received = new EventEmitter()

/** One request; a body goes in two parts. */
async function send(agent: http.Agent, port: number, route: number, id: string): Promise<void> {
  const headers = { 'x-id': id }
  const request = http.request({ port, agent, path: `/${route}`, method: 'POST', headers })
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
  const got = once(received, id)
  request.write('first')
  await got
  request.end('second')
  const [response] = await answered
  response.resume()
  await once(response, 'end')
}

/** Requests of both routes at the same time, over connections that are kept. @returns who added what */
async function serve(t: TestContext, handle: (handled: Handled) => unknown): Promise<string> {
  const traced = new TracedServer(t, (handled) => {
    received.emit(handled.req.headers['x-id'] as string)
    return handle(handled)
  })
  const port = await traced.listen()
  const agent = new http.Agent({ keepAlive: true })
  for (let round = 0; round < ROUNDS; round++) {
    const sent = Array.from({ length: 2 * AT_ONCE }, (_, at) =>
      send(agent, port, at % 2, `${round} ${at}`),
    )
    await Promise.all(sent)
  }
  agent.destroy()
  assert.equal(traced.kept.length, REQUESTS * (ENTRIES[0]! + ENTRIES[1]!))
  return told(traced.shares())
}

type Way = (handled: Handled) => unknown

/** Adds in a callback that something calls later, and answers. */
function later(call: (callback: () => void) => unknown): Way {
  return ({ add, res }) =>
    call(() => {
      add()
      res.end()
    })
}

const WAYS: Record<string, Way> = {
  'at once': ({ add, res }) => {
    add()
    res.end()
  },
  'after awaits': async ({ add, res }) => {
    await Promise.resolve()
    await delay(1)
    await readFile(__filename)
    add()
    await nextTurn()
    res.end()
  },
  'in process.nextTick': later((callback) => process.nextTick(callback)),
  'in queueMicrotask': later(queueMicrotask),
  'in setImmediate': later(setImmediate),
  'in a timeout': later((callback) => setTimeout(callback, 1)),
  'in an interval of its own': later((callback) => {
    const timer = setInterval(() => {
      clearInterval(timer)
      callback()
    }, 1)
  }),
  'in a callback of the file system': later((callback) => stat(__filename, callback)),
  'in a callback of a thread': later((callback) => randomBytes(16, callback)),
  'once its body has ended': ({ req, add, res }) => {
    req
      .on('data', () => {})
      .on('end', () => {
        add()
        res.end()
      })
  },
  'with the last part of its body': ({ req, add, res }) => {
    req.on('data', (part) => {
      if (String(part).includes('second')) add()
    })
    req.on('end', () => res.end())
  },
  'after a body that it awaits': async ({ req, add, res }) => {
    for await (const part of req) void part
    add()
    res.end()
  },
}

describe('what a container grows by is the request’s that adds it', () => {
  for (const [way, handle] of Object.entries(WAYS)) {
    it(way, async (t) => {
      assert.equal(await serve(t, handle), ALL)
    })
  }

  it('with what another server has answered, over connections that are kept', async (t) => {
    const upstream = http.createServer((_req, res) => void res.end('answer')).listen(0)
    await once(upstream, 'listening')
    const { port } = upstream.address() as AddressInfo
    const agent = new http.Agent({ keepAlive: true, maxSockets: 2 })
    t.after(() => {
      agent.destroy()
      upstream.close()
    })
    const seen = await serve(t, ({ add, res }) => {
      http.get({ port, agent }, (answer) => {
        answer.on('data', add).on('end', () => res.end())
      })
    })
    assert.equal(seen, ALL)
  })

  it('where requests stand in a row on one connection: the body of the second is not the first’s', async (t) => {
    const traced = new TracedServer(t, ({ req, add, res }) => {
      received.emit(req.url!)
      req.on('data', add).on('end', () => received.emit('ended'))
      if (req.url === '/1') res.end()
      else received.once('ended', () => res.end())
    })
    const client = new RawConnection(await traced.listen())
    const second = once(received, '/1')
    client.send('GET /0 HTTP/1.1\r\nHost: x\r\n\r\n')
    client.send('POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n')
    await second
    client.send('body')
    await client.until(/200[^]*200/)
    await client.destroy()
    assert.equal(told(traced.shares()), '/1 3')
  })
})

describe('what runs in another’s slice', () => {
  /** `/0` waits, and `/1` calls what it waits with, as pools do; each adds around and within. */
  async function nested(
    t: TestContext,
    bind: (callback: () => void) => () => void,
  ): Promise<string> {
    const waiting: Array<() => void> = []
    const traced = new TracedServer(t, ({ req, add, res }) => {
      if (req.url === '/0') {
        waiting.push(
          bind(() => {
            add()
            res.end()
          }),
        )
        received.emit('waits')
        return
      }
      for (const call of waiting.splice(0)) {
        call()
        add()
      }
      res.end()
    })
    const port = await traced.listen()
    const get = (path: string): Promise<unknown> =>
      new Promise((resolve) =>
        http.get({ port, path, agent: false }, (res) => res.resume().on('end', resolve)),
      )
    const answers: Array<Promise<unknown>> = []
    for (let at = 0; at < 2; at++) {
      const waits = once(received, 'waits')
      answers.push(get('/0'))
      await waits
    }
    await Promise.all([...answers, get('/1')])
    return told(traced.shares())
  }

  it('with its own context is its own', async (t) => {
    assert.equal(await nested(t, (callback) => AsyncResource.bind(callback)), '/0 2, /1 6')
  })

  it('without one is the other’s', async (t) => {
    assert.equal(await nested(t, (callback) => callback), '/1 8')
  })
})

describe('what no request can be told of', () => {
  it('is idle in an interval, as an app has them since its start', async (t) => {
    const ticks = new EventEmitter()
    const timer = setInterval(() => ticks.emit('tick'), 1)
    t.after(() => clearInterval(timer))
    const traced = new TracedServer(t, ({ res }) => res.end())
    for (let times = 0; times < 3; times++) {
      await new Promise<void>((resolve) => {
        ticks.once('tick', () => {
          traced.addFor(1)
          resolve()
        })
      })
    }
    assert.equal(told(traced.shares()), 'idle 9')
  })

  it('is lost in the callbacks of a connection to others that requests share, whoever opened it', async (t) => {
    const echo = net.createServer((socket) => void socket.pipe(socket)).listen(0)
    await once(echo, 'listening')
    let shared: net.Socket | undefined
    const answers: Array<() => void> = []
    t.after(() => {
      shared?.destroy()
      echo.close()
    })
    const seen = await serve(t, ({ add, res }) => {
      answers.push(() => {
        add()
        res.end()
      })
      shared ??= net.connect((echo.address() as AddressInfo).port).on('data', (data) => {
        for (const call of answers.splice(0, data.length)) call()
      })
      shared.write('x')
    })
    assert.equal(seen, `lost ${4 * REQUESTS}`)
  })

  it('is idle in messages over a connection that was upgraded', async (t) => {
    const traced = new TracedServer(t, ({ res }) => res.end())
    const port = await traced.listen()
    traced.server.on('upgrade', (_req, socket: net.Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n')
      socket.on('data', (data) => {
        traced.addFor(1)
        socket.write(data)
      })
    })
    const client = new RawConnection(port)
    // A request of its own over the same connection, first.
    client.send('GET /0 HTTP/1.1\r\nHost: x\r\n\r\n')
    await client.until(/200 OK/)
    client.send('GET /1 HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n')
    await client.until(/101 /)
    for (const message of ['first', 'second']) {
      client.send(message)
      await client.until(new RegExp(message))
    }
    await client.destroy()
    assert.equal(told(traced.shares()), 'idle 6')
  })
})

describe('on no route is ever what another has added', () => {
  /** Entries by route, where `/0` adds none and `/1` adds what is told. */
  function ofOthers(shares: string): string {
    return shares
      .split(', ')
      .filter((part) => !/^(\/1|lost) /.test(part))
      .join(', ')
  }

  it('where the app awaits what is no promise: no slice is told of that', async (t) => {
    const seen = await serve(t, async ({ req, add, res }) => {
      const isAdding = req.url === '/1'
      await {
        // oxlint-disable-next-line unicorn/no-thenable
        then: (resolve: () => void) => {
          if (isAdding) add()
          resolve()
        },
      }
      if (!isAdding) add()
      res.end()
    })
    const [own, other] = ENTRIES.map((entries) => entries * REQUESTS) as [number, number]
    const amounts = new Map(seen.split(', ').map((part) => part.split(' ') as [string, string]))
    assert.equal(Number(amounts.get('/0')), own)
    assert.equal(Number(amounts.get('/1') ?? 0) + Number(amounts.get('lost') ?? 0), other)
  })

  it('over HTTP/2, where streams share a session', async (t) => {
    const traced = new TracedServer(t, () => {})
    const server = http2.createServer()
    server.on('stream', (stream, headers) => {
      const route = Number(headers[':path']!.slice(1))
      const mark = traced.marks.arrive(stream)
      stream.once('close', () => endMark(mark, route, performance.now()))
      const add = (): void => {
        if (route === 1) traced.addFor(1)
      }
      add()
      void nextTurn().then(add)
      process.nextTick(add)
      stream.on('data', add).on('end', () => {
        add()
        stream.respond()
        stream.end('answer')
      })
    })
    await once(server.listen(0), 'listening')
    const client = http2.connect(`http://localhost:${(server.address() as AddressInfo).port}`)
    for (let round = 0; round < ROUNDS; round++) {
      const streams = Array.from({ length: 2 * AT_ONCE }, (_, at) => {
        const stream = client.request({ ':path': `/${at % 2}`, ':method': 'POST' })
        stream.end('body')
        return once(stream.resume(), 'close')
      })
      await Promise.all(streams)
    }
    client.close()
    const closed = once(server, 'close')
    server.close()
    await closed
    assert.equal(traced.kept.length, 5 * ENTRIES[1]! * REQUESTS)
    assert.equal(ofOthers(told(traced.shares())), '')
  })
})

describe('what is removed', () => {
  it('is told by who removed it, apart from what others added', async (t) => {
    const traced = new TracedServer(t, ({ req, res }) => {
      if (req.url === '/0') traced.kept.push(1, 2, 3)
      else traced.kept.pop()
      res.end()
    })
    const port = await traced.listen()
    const agent = new http.Agent({ keepAlive: true })
    for (const route of [0, 0, 1, 0, 1]) {
      const [response] = (await once(
        http.request({ port, agent, path: `/${route}` }).end(),
        'response',
      )) as [http.IncomingMessage]
      await once(response.resume(), 'end')
    }
    agent.destroy()
    assert.deepEqual([told(traced.shares()), told(traced.removals())], ['/0 9', '/1 2'])
  })
})

describe('what is watched', () => {
  it('is a linked list too, by the length that its owner tells; a dictionary or function tells none', (t) => {
    const marks = new RequestMarks()
    const slices = new Slices(marks, () => 0)
    marks.begin()
    slices.begin()
    t.after(() => {
      slices.end()
      marks.end()
    })
    const list = { head: null, tail: null, length: 40 }
    const words = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`word${at}`, at]))
    const { added } = slices.watch(list)!
    list.length += 3
    slices.release()
    assert.equal(added.total, 3)
    assert.equal(slices.watch({ ...words, size: 40 }), null)
    assert.equal(slices.watch(Object.assign(() => undefined, words)), null)
  })
})
