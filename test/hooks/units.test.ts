import assert from 'node:assert/strict'
import type { EventEmitter } from 'node:events'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { graphqlFiles } from '../../lib/hooks/graphql'
import { Guard } from '../../lib/hooks/guard'
import type { HookedFile } from '../../lib/hooks/modules'
import { patch } from '../../lib/hooks/patch'
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
