import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { amqpFiles } from '../../lib/hooks/amqp'
import { graphqlFiles, traceGraphql } from '../../lib/hooks/graphql'
import { grpcFiles } from '../../lib/hooks/grpc'
import { Guard } from '../../lib/hooks/guard'
import type { AnyFunction } from '../../lib/hooks/listener'
import { jobFiles } from '../../lib/hooks/jobs'
import { kafkaFiles } from '../../lib/hooks/kafka'
import { mcpFiles } from '../../lib/hooks/mcp'
import type { HookedFile } from '../../lib/hooks/modules'
import { patch } from '../../lib/hooks/patch'
import { trpcFiles } from '../../lib/hooks/trpc'
import { asUnit } from '../../lib/hooks/units'
import { wsFiles } from '../../lib/hooks/ws'
import { type FakeListener, fakeListener } from '../support/fake-listener'

interface Opened {
  readonly guard: Guard
  readonly listener: FakeListener
  /** What was told: `job mail`, `end`, `failed`, `end?` where it may go on. */
  readonly told: string[]
}

function opened(): Opened {
  const listener = fakeListener()
  const told: string[] = []
  listener.unitBegan = (kind, name) => {
    told.push(`${kind} ${name}`)
    return {
      run: (fn, self, args) => Reflect.apply(fn, self, args) as unknown,
      end: (hasFailed, mayGoOn) => void told.push(hasFailed ? 'failed' : mayGoOn ? 'end?' : 'end'),
    }
  }
  return { guard: new Guard(listener), listener, told }
}

describe('a method that runs a unit of work', () => {
  class Queue {
    readonly name = 'mail'
    take(job: unknown): unknown {
      if (job instanceof Error) throw job
      return [this, job]
    }
    async takeLater(job: unknown): Promise<unknown> {
      await Promise.resolve()
      return this.take(job)
    }
  }
  const patchQueue = ({ guard }: Opened): (() => void) => {
    const wrap = asUnit(guard, 'job', (queue: Queue, { 0: job }) => (job ? queue.name : null))
    const undo = ['take', 'takeLater'].map((name) => patch(Queue.prototype, name, wrap))
    return () => undo.forEach((unpatch) => unpatch())
  }

  it('gets what it was called with, and its result or error is what comes back', async () => {
    const all = opened()
    const unpatch = patchQueue(all)
    const queue = new Queue()
    const error = new Error('theirs')
    assert.deepEqual(queue.take(1), [queue, 1])
    assert.throws(() => queue.take(error), error)
    assert.deepEqual(await queue.takeLater(1), [queue, 1])
    await assert.rejects(queue.takeLater(error), error)
    assert.deepEqual(queue.take(0), [queue, 0])
    unpatch()
    assert.deepEqual(all.told, [
      'job mail',
      'end?',
      'job mail',
      'failed',
      // What `takeLater` calls is a unit within it.
      'job mail',
      'job mail',
      'end?',
      'end',
      'job mail',
      'job mail',
      'failed',
      'failed',
    ])
  })

  it('is called as ever where memprof is off, or fails itself', () => {
    const all = opened()
    const unpatch = patchQueue(all)
    const queue = new Queue()
    all.listener.unitBegan = () => {
      throw new Error('ours')
    }
    assert.deepEqual(queue.take(1), [queue, 1])
    assert.equal(all.listener.failures.length, 1)
    all.listener.active = false
    assert.deepEqual(queue.take(1), [queue, 1])
    unpatch()
    assert.deepEqual(all.told, [])
  })
})

function applied(files: readonly HookedFile[], inner: string): () => void {
  const { apply, packageName } = files.find(({ file }) => file.endsWith(inner))!
  // A package that has exports lets no other file be required by its name.
  const folder = dirname(require.resolve(packageName))
  return apply(require(join(folder, inner))).unpatch
}

describe('graphql', () => {
  it('tells of operations by type and name, and of those without a name by their fields', async () => {
    const { buildSchema, graphql, parse } = require('graphql') as typeof import('graphql')
    const { guard, told } = opened()
    const unpatch = applied(graphqlFiles(guard), 'execution/execute')
    const schema = buildSchema('type Query { b: Int a: Int } type Mutation { set: Int }')
    const rootValue = { a: () => Promise.resolve(1), b: 2, set: () => 3 }
    const ask = async (source: string, operationName?: string): Promise<unknown> =>
      (await graphql({ schema, source, rootValue, ...(operationName ? { operationName } : {}) }))
        .data
    assert.deepEqual({ ...((await ask('query Find { a }')) as object) }, { a: 1 })
    await ask('{ b a }')
    await ask('mutation { set }')
    await ask('query One { a } query Two { b }', 'Two')
    await ask('{ nothing }')
    unpatch()
    await ask('query After { a }')
    // Of graphql 15, which takes its arguments one by one.
    const old = { execute: () => ({ data: null }) }
    graphqlFiles(guard)[0]!.apply(old)
    Reflect.apply(old.execute, old, [
      schema,
      parse('query Old { b } { a }'),
      null,
      null,
      null,
      'Old',
    ])
    assert.deepEqual(told, [
      'operation query Find',
      'end',
      'operation query {a, b}',
      'end',
      'operation mutation {set}',
      'end?',
      'operation query Two',
      'end?',
      'operation query Old',
      'end?',
    ])
  })
})

describe('graphql 17', () => {
  it('tells of operations by what it publishes, beside others that listen, and leaves nothing behind', async () => {
    const { parse } = require('graphql') as typeof import('graphql')
    const { guard, listener, told } = opened()
    const { start } = tracingChannel('graphql:execute')
    assert.equal(start.hasSubscribers, false)
    const untrace = traceGraphql(guard)
    assert.equal(start.hasSubscribers, true)
    const store = new AsyncLocalStorage<object>()
    start.bindStore(store)
    const document = parse('query One { a } query Two { b }')
    const context = { document, operationName: 'Two' }
    const ask = (): unknown => start.runStores(context, async () => store.getStore())
    assert.equal(await ask(), context)
    // Of another shape, from whoever else publishes there.
    assert.equal(
      start.runStores({}, () => 1),
      1,
    )
    start.unbindStore(store)
    untrace()
    await ask()
    assert.equal(start.hasSubscribers, false)
    assert.equal(Object.hasOwn(start, 'runStores'), false)
    assert.deepEqual(told, ['operation query Two', 'end'])
    assert.deepEqual(listener.failures, [])
  })

  it('is left as it is where it is no ES module', () => {
    const execute = (): void => {}
    const exports = { execute, executeRootSelectionSet() {} }
    hooked(graphqlFiles(opened().guard), 'execution/execute', exports)
    assert.equal(exports.execute, execute)
  })
})

describe('ws', () => {
  it('tells of messages to the server by the path of their connection, and of no others', () => {
    const { WebSocket, WebSocketServer } = require('ws') as {
      WebSocket: { prototype: EventEmitter }
      WebSocketServer: { prototype: EventEmitter }
    }
    const { guard, told } = opened()
    const files = wsFiles(guard)
    const undo = [applied(files, 'lib/websocket-server'), applied(files, 'lib/websocket')]
    const [server, socket, client] = [
      Object.assign(Object.create(WebSocketServer.prototype) as EventEmitter),
      Object.create(WebSocket.prototype) as EventEmitter,
      Object.create(WebSocket.prototype) as EventEmitter,
    ]
    const got: unknown[] = []
    for (const one of [socket, client]) one.on('message', (data) => got.push(data))
    server.emit('connection', socket, { url: '/chat/7?token=secret' })
    assert.equal(socket.emit('message', 'a', false), true)
    assert.equal(client.emit('message', 'b', false), true)
    assert.equal(socket.emit('pong', 'c'), false)
    for (const unpatch of undo) unpatch()
    assert.deepEqual(got, ['a', 'b'])
    assert.deepEqual(told, ['message /chat/7', 'end?'])
  })
})

/** As their packages export them, as far as they are hooked. */
function hooked(files: readonly HookedFile[], inner: string, exports: object): () => void {
  return files.find(({ file }) => file.endsWith(inner))!.apply(exports).unpatch
}

describe('gRPC', () => {
  class Server {
    readonly handlers = new Map<string, AnyFunction>()
    register(path: string, handler: AnyFunction): boolean {
      this.handlers.set(path, handler)
      return true
    }
  }
  class ServerUnaryCallImpl extends EventEmitter {}
  class ServerReadableStreamImpl extends EventEmitter {}
  class ServerWritableStreamImpl extends EventEmitter {}
  class ServerDuplexStreamImpl extends EventEmitter {}
  const calls = {
    ServerUnaryCallImpl,
    ServerReadableStreamImpl,
    ServerWritableStreamImpl,
    ServerDuplexStreamImpl,
  }

  function serving(handler: AnyFunction): Opened & { handle: AnyFunction; unpatch: () => void } {
    const all = opened()
    const files = grpcFiles(all.guard)
    const undo = [hooked(files, '/server', { Server }), hooked(files, '/server-call', calls)]
    const server = new Server()
    assert.equal(server.register('/shop.v1.Basket/Add', handler), true)
    const handle = server.handlers.get('/shop.v1.Basket/Add')!
    return { ...all, handle, unpatch: () => undo.forEach((unpatch) => unpatch()) }
  }

  it('tells of a call that is answered by a callback, and whether by an error', () => {
    const answers: unknown[] = []
    const { handle, told, unpatch } = serving(({ error }, answer: AnyFunction) => {
      answer(error, 'value')
      // A second answer is the library's to refuse.
      answer(null)
    })
    const answer = (...args: unknown[]): unknown => answers.push(args)
    for (const error of [null, new Error('no')]) {
      handle(Object.assign(new ServerUnaryCallImpl(), { error }), answer)
    }
    unpatch()
    assert.equal(handle.length, 2)
    assert.deepEqual(answers, [[null, 'value'], [null], [new Error('no'), 'value'], [null]])
    const name = 'call shop.v1.Basket/Add'
    assert.deepEqual(told, [name, 'end', name, 'failed'])
  })

  it('tells that a call has failed whose handler throws or rejects, and lets the error through', async () => {
    const error = new Error('theirs')
    const { handle, told, unpatch } = serving(({ later }) => {
      if (later) return Promise.reject(error)
      throw error
    })
    assert.throws(() => handle(new ServerUnaryCallImpl(), () => {}), error)
    const call = Object.assign(new ServerUnaryCallImpl(), { later: true })
    await assert.rejects(handle(call, () => {}) as Promise<unknown>, error)
    unpatch()
    const name = 'call shop.v1.Basket/Add'
    assert.deepEqual(told, [name, 'failed', name, 'failed'])
  })

  it('tells of a stream until it ends, and runs its listeners as its code', () => {
    const { handle, listener, told, unpatch } = serving((call: EventEmitter) => {
      call.on('data', () => {}).on('error', () => {})
    })
    let ran = 0
    const begin = listener.unitBegan
    listener.unitBegan = (kind, name) => {
      const unit = begin(kind, name)!
      return {
        run: (fn, self, args) => {
          ran++
          return unit.run(fn, self, args)
        },
        end: (hasFailed, mayGoOn) => unit.end(hasFailed, mayGoOn),
      }
    }
    for (const ending of ['finish', 'error', 'cancelled']) {
      const call = new ServerDuplexStreamImpl()
      handle(call)
      assert.equal(call.emit('data', 1), true)
      assert.equal(call.emit(ending), ending === 'error')
      call.emit('cancelled')
      call.emit('data', 2)
    }
    unpatch()
    assert.equal(Object.hasOwn(ServerDuplexStreamImpl.prototype, 'emit'), false)
    // The handler, one message and the ending.
    assert.equal(ran, 9)
    const name = 'call shop.v1.Basket/Add'
    assert.deepEqual(told, [name, 'end', name, 'failed', name, 'failed'])
  })
})

describe('tRPC', () => {
  /** As the library makes its builders: each step a new one. */
  function builder(steps: number): Record<string, unknown> {
    const procedure = (): AnyFunction =>
      Object.assign(async (call: { fails?: boolean }) => (call.fails ? assert.fail() : steps), {
        procedure: true,
      })
    return { _def: {}, use: () => builder(steps + 1), query: procedure, mutation: procedure }
  }
  class Builder {
    create(): object {
      return { procedure: builder(0) }
    }
  }

  it('tells of procedures by type and path, however they were built', async () => {
    const { guard, told } = opened()
    const initTRPC = new Builder()
    const unpatch = hooked(trpcFiles(guard), '', { initTRPC })
    const { procedure } = initTRPC.create() as { procedure: Record<string, AnyFunction> }
    const { use, query } = (procedure['use']!() as typeof procedure)['use']!() as typeof procedure
    assert.equal(typeof use, 'function')
    const made = query!() as AnyFunction & { procedure: boolean }
    assert.equal(made.procedure, true)
    assert.equal(await made({ type: 'query', path: 'user.byId' }), 2)
    await assert.rejects(made({ type: 'query', path: 'user.byId', fails: true }) as Promise<void>)
    // One that is called by hand has no path.
    assert.equal(await made({}), 2)
    unpatch()
    const name = 'operation query user.byId'
    assert.deepEqual(told, [name, 'end', name, 'failed'])
  })
})

describe('the Model Context Protocol', () => {
  class Protocol {
    readonly handlers: AnyFunction[] = []
    setRequestHandler(_schema: object, handler: AnyFunction): void {
      this.handlers.push(handler)
    }
  }

  it('tells of requests by their method, and by the tool or prompt that they name', async () => {
    const { guard, told } = opened()
    const unpatch = hooked(mcpFiles(guard), 'protocol', { Protocol })
    const protocol = new Protocol()
    protocol.setRequestHandler({}, async ({ params }: { params?: { name: string } }) => {
      if (params?.name === 'none') throw new Error('no such tool')
      return 'done'
    })
    unpatch()
    const [handle] = protocol.handlers
    assert.equal(await handle!({ method: 'tools/list' }), 'done')
    assert.equal(
      await handle!({ method: 'resources/read', params: { uri: 'a', name: 'b' } }),
      'done',
    )
    assert.equal(await handle!({ method: 'prompts/get', params: { name: 'hello' } }), 'done')
    await assert.rejects(
      handle!({ method: 'tools/call', params: { name: 'none' } }) as Promise<void>,
    )
    assert.deepEqual(told, [
      'operation tools/list',
      'end',
      'operation resources/read',
      'end',
      'operation prompts/get hello',
      'end',
      'operation tools/call none',
      'failed',
    ])
  })
})

describe('Bull', () => {
  class Queue {
    readonly name = 'mail'
    readonly handlers: Record<string, AnyFunction> = {}
    setHandler(name: string, handler: AnyFunction | string): void {
      this.handlers[name] = async (job) => (typeof handler === 'string' ? handler : handler(job))
    }
  }

  it('tells of jobs by queue and name, and not of those that run in other processes', async () => {
    const { guard, told } = opened()
    const unpatch = hooked(jobFiles(guard), 'lib/queue', Queue)
    const queue = new Queue()
    queue.setHandler('*', ({ name }: { name: string }) => name)
    queue.setHandler('bad', () => assert.fail())
    queue.setHandler('file', '/app/job.js')
    unpatch()
    assert.equal(await queue.handlers['*']!({ name: '__default__' }), '__default__')
    assert.equal(await queue.handlers['*']!({ name: 'send' }), 'send')
    await assert.rejects(queue.handlers['bad']!({ name: 'bad' }) as Promise<void>)
    assert.equal(await queue.handlers['file']!({ name: 'file' }), '/app/job.js')
    assert.deepEqual(told, ['job mail', 'end', 'job mail send', 'end', 'job mail bad', 'failed'])
  })
})

describe('toad-scheduler', () => {
  it('tells of a task that its older and newer versions run, once', async () => {
    class Older {
      readonly id = 'old'
      execute(): void {}
    }
    class Newer {
      readonly id = 'new'
      execute(): void {
        void this.executeAsync()
      }
      async executeAsync(): Promise<void> {}
    }
    const { guard, told } = opened()
    for (const AsyncTask of [Older, Newer]) {
      const unpatch = hooked(jobFiles(guard), 'AsyncTask', { AsyncTask })
      new AsyncTask().execute()
      await Promise.resolve()
      unpatch()
    }
    assert.deepEqual(told, ['tick old', 'end?', 'tick new', 'end'])
  })
})

describe('amqplib', () => {
  class Channel {
    readonly consumers: AnyFunction[] = []
    consume(_queue: string, consumer: AnyFunction): void {
      this.consumers.push(consumer)
    }
  }

  it('tells of messages by their queue, and not of the end of a consumer', async () => {
    const { guard, told } = opened()
    const unpatch = hooked(amqpFiles(guard), 'lib/channel_model', { Channel })
    const channel = new Channel()
    for (const queue of ['mail', 'amq.gen-JzTY20BRgKO']) {
      channel.consume(queue, async (message: unknown) => message)
    }
    unpatch()
    for (const consumer of channel.consumers) assert.equal(await consumer('m'), 'm')
    assert.equal(await channel.consumers[0]!(null), null)
    assert.deepEqual(told, ['message mail', 'end', 'message amq.gen', 'end'])
  })
})

describe('kafkajs', () => {
  class Runner {
    eachMessage?: AnyFunction
    eachBatch?: AnyFunction
    async processEachMessage({ topic, messages }: { topic: string; messages: unknown[] }) {
      for (const message of messages) await this.eachMessage!({ topic, message })
    }
    async processEachBatch(batch: { topic: string }): Promise<void> {
      await this.eachBatch!({ batch })
    }
  }

  it('tells of messages, or batches of them, by their topic, each once', async () => {
    const { guard, told } = opened()
    const unpatch = hooked(kafkaFiles(guard), 'runner', Runner)
    const [ones, batches] = [new Runner(), new Runner()]
    ones.eachMessage = async ({ message }) => assert.notEqual(message, 'bad')
    batches.eachBatch = async () => {}
    await ones.processEachMessage({ topic: 'orders', messages: ['a'] })
    await assert.rejects(ones.processEachMessage({ topic: 'mail', messages: ['bad', 'b'] }))
    await batches.processEachBatch({ topic: 'clicks' })
    await batches.processEachBatch({ topic: 'clicks' })
    unpatch()
    const clicks = ['message clicks', 'end', 'message clicks', 'end']
    assert.deepEqual(told, ['message orders', 'end', 'message mail', 'failed', ...clicks])
  })
})
