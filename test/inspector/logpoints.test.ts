import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type Debugger, Session } from 'node:inspector'
import { join } from 'node:path'
import { describe, it, mock } from 'node:test'
import { Script, createContext, runInContext, runInThisContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { type MessageEvent, WebSocket } from 'undici'
import { Connection } from '../../lib/inspector/connection'
import { Logpoints } from '../../lib/inspector/logpoints'
import { sourceHash } from '../../lib/inspector/source-hash'
import { cleanEnv, type Stage } from '../support/app'
import { FIXTURES, temporaryFolder } from '../support/files'
import { openLogpoints, positionsOf } from '../support/logpoints'
import { runNode } from '../support/node'

const FIXTURE = join(FIXTURES, 'logpoint.cjs')
const TIMES = 3

type Run = () => unknown

/** Hits while the functions run so often. */
async function hitsOf(t: Stage, fn: object, run: Run): Promise<number> {
  const logpoints = openLogpoints(t)
  let hits = 0
  assert.notEqual(
    logpoints.set(positionsOf([fn])[0]!, () => void hits++),
    null,
  )
  for (let times = 0; times < TIMES; times++) await run()
  logpoints.close()
  await run()
  return hits
}

class Example {
  static of(): Example {
    return new Example()
  }
  method(): number {
    return 1
  }
  get property(): number {
    return 1
  }
}
const method = Example.prototype.method
const getter = Object.getOwnPropertyDescriptor(Example.prototype, 'property')!.get!
const arrow = (): number => 1
const block = (): number => {
  const one = 1
  return one
}
function* generator(): Generator<number> {
  yield 1
  yield 2
}
async function asynchronous(): Promise<number> {
  await Promise.resolve()
  return 1
}
const asyncArrow = async (): Promise<number> => await Promise.resolve(1)
async function* asyncGenerator(): AsyncGenerator<number> {
  yield await Promise.resolve(1)
}
function withDefault(one = 1): number {
  return one
}
const evaluated = runInThisContext('eval("(function evaluated() { return 1 })")') as Run
const made = runInThisContext('new Function("return 1")') as Run
const ofScript = runInThisContext('(() => 1)', { filename: 'made.js' }) as Run
const closure = (): Run => () => 1
const [first, second] = [closure(), closure()]

const KINDS: Record<string, [fn: object, run: Run]> = {
  'a function': [withDefault, () => withDefault()],
  'a method': [method, () => new Example().method()],
  'a static method': [Example.of, () => Example.of()],
  'a getter': [getter, () => new Example().property],
  'an arrow': [arrow, arrow],
  'an arrow with a block': [block, block],
  'a generator': [generator, () => [...generator()]],
  'an async function': [asynchronous, asynchronous],
  'an async arrow': [asyncArrow, asyncArrow],
  'an async generator': [asyncGenerator, () => asyncGenerator().next()],
  'evaluated code': [evaluated, evaluated],
  'a function made of a text': [made, made],
  'a script': [ofScript, ofScript],
}

/** Of another agent in this process. */
class Other {
  readonly paused: string[][] = []
  scripts = 0
  readonly #session = new Session()

  constructor(t: Stage) {
    this.#session.connect()
    t.after(() => this.#session.disconnect())
    this.#session.on('Debugger.paused', ({ params }) =>
      this.paused.push(params.hitBreakpoints ?? []),
    )
    this.#session.on('Debugger.scriptParsed', () => void this.scripts++)
  }

  post<T>(method: string, parameters: object = {}): T {
    let answer: unknown
    this.#session.post(method, parameters, (error: Error | null, result?: object) => {
      answer = error ?? result
    })
    return answer as T
  }

  breakAt(fn: object): string {
    const [position] = positionsOf([fn])
    const { locations } = this.post<Debugger.GetPossibleBreakpointsReturnType>(
      'Debugger.getPossibleBreakpoints',
      { start: position, restrictToFunction: true },
    )
    const set = { location: locations[0]! }
    return this.post<Debugger.SetBreakpointReturnType>('Debugger.setBreakpoint', set).breakpointId
  }
}

describe('a logpoint', () => {
  for (const [kind, [fn, run]] of Object.entries(KINDS)) {
    it(`sees each call of ${kind}, until it is closed`, async (t) => {
      assert.equal(await hitsOf(t, fn, run), TIMES)
    })
  }

  it('sees every closure that was made of its function', async (t) => {
    const run = (): void => void [first(), second()]
    assert.equal(await hitsOf(t, first, run), 2 * TIMES)
  })

  it('sees nothing in a context of node:vm, and does no harm there', async (t) => {
    const context = createContext({})
    const inner = runInContext('(function inner() { return 1 })', context) as Run
    const before = Reflect.ownKeys(context)
    let sum = 0
    const run = (): void => void (sum += inner() as number)
    assert.equal(await hitsOf(t, inner, run), 0)
    assert.equal(sum, TIMES + 1)
    assert.deepEqual(Reflect.ownKeys(context), before)
  })

  it('can be removed within its hit, by the function that it is in a loop of', (t) => {
    const logpoints = openLogpoints(t)
    let hits = 0
    const id = logpoints.set(positionsOf([arrow])[0]!, () => {
      if (++hits === 2) logpoints.remove(id!)
    })
    for (let times = 0; times < 10; times++) arrow()
    assert.equal(hits, 2)
  })

  it('lets the function run on where what it calls throws', (t) => {
    const logpoints = openLogpoints(t)
    logpoints.set(positionsOf([arrow])[0]!, () => {
      throw new Error('of ours')
    })
    assert.equal(arrow(), 1)
  })

  it('is not to be had in a function that is no more', (t) => {
    const logpoints = openLogpoints(t)
    const gone = { scriptId: '999999', lineNumber: 0, columnNumber: 0 }
    assert.equal(
      logpoints.set(gone, () => {}),
      null,
    )
  })
})

it('know what V8 has compiled by the hash of the file, as long as they are open', (t) => {
  const [{ scriptId } = { scriptId: '' }] = positionsOf([arrow])
  const logpoints = openLogpoints(t)
  assert.equal(logpoints.hashOf(scriptId), sourceHash(readFileSync(__filename, 'utf8')))
  logpoints.close()
  assert.equal(logpoints.hashOf(scriptId), undefined)
})

describe('logpoints leave the app as it was', () => {
  it('with no name on the global object but while they are open, and none that is listed', () => {
    const before = Reflect.ownKeys(globalThis)
    const listed = Object.keys(globalThis)
    const logpoints = new Logpoints()
    assert.equal(logpoints.open(), true)
    assert.equal(Reflect.ownKeys(globalThis).length, before.length + 1)
    assert.deepEqual(Object.keys(globalThis), listed)
    logpoints.close()
    assert.deepEqual(Reflect.ownKeys(globalThis), before)
  })

  it('without calling its Error.prepareStackTrace, which its own errors are formatted by as before', (t) => {
    const original = Error.prepareStackTrace
    t.after(() => {
      Error.prepareStackTrace = original
    })
    const format = mock.fn(() => 'formatted')
    Error.prepareStackTrace = format
    const [position] = positionsOf([arrow])
    const logpoints = openLogpoints(t)
    let hits = 0
    logpoints.set(position!, () => void hits++)
    arrow()
    assert.deepEqual([hits, format.mock.callCount()], [1, 0])
    assert.equal(new Error('of the app').stack, 'formatted')
    logpoints.close()
    assert.equal(format.mock.callCount(), 1)
    assert.equal(Error.prepareStackTrace, format)
  })

  it('without a pause at its debugger statements', (t) => {
    const events: unknown[] = []
    const emit: (...args: never) => boolean = Session.prototype.emit
    t.mock.method(Session.prototype, 'emit', function (this: Session, ...args: never[]) {
      events.push(args[0])
      return Reflect.apply(emit, this, args)
    })
    const stopping = runInThisContext('(function stopping() { debugger; return 1 })') as Run
    const logpoints = openLogpoints(t)
    let hits = 0
    logpoints.set(positionsOf([stopping])[0]!, () => void hits++)
    events.length = 0
    assert.deepEqual([stopping(), hits], [1, 1])
    assert.ok(!events.includes('Debugger.paused'))
  })

  it('beside another agent, whose breakpoints and events go on, at the same place too', (t) => {
    const other = new Other(t)
    other.post('Debugger.enable')
    const id = other.breakAt(arrow)
    other.breakAt(block)
    const run = (): string[][] => {
      other.paused.length = 0
      arrow()
      return [...other.paused]
    }
    assert.deepEqual(run(), [[id]])
    const logpoints = openLogpoints(t)
    let hits = 0
    logpoints.set(positionsOf([arrow])[0]!, () => void hits++)
    assert.deepEqual([run(), hits], [[[id]], 1])
    const before = other.scripts
    new Script('1 + 1').runInThisContext()
    assert.equal(other.scripts, before + 1)
    logpoints.close()
    assert.deepEqual([run(), hits], [[[id]], 1])
    other.paused.length = 0
    block()
    assert.equal(other.paused.length, 1)
  })

  it('and see nothing of an agent that pauses, steps and goes on: it may come later, and go', (t) => {
    const logpoints = openLogpoints(t)
    let hits = 0
    logpoints.set(positionsOf([arrow])[0]!, () => void hits++)
    const connection = new Connection()
    connection.post('Debugger.enable')
    connection.post('Debugger.setBreakpointsActive', { active: false })
    connection.close()
    arrow()
    assert.equal(hits, 1)
  })
})

/** Runs code with the fixture. @returns what it prints, as JSON */
async function inProcess<T>(t: Stage, code: string, flags: readonly string[] = []): Promise<T> {
  const file = join(temporaryFolder(t), 'app.cjs')
  writeFileSync(file, code)
  const { code: exitCode, stdout, stderr } = await runNode([...flags, '-r', FIXTURE, file])
  assert.equal(exitCode, 0, stderr)
  return JSON.parse(stdout) as T
}

describe('logpoints in a process of their own', () => {
  it('are not to be had where the global object is frozen, and nothing breaks', async (t) => {
    const said = await inProcess(
      t,
      `
      const fn = () => 1
      Object.freeze(globalThis)
      const opened = watchCalls(fn)
      unwatch()
      console.log(JSON.stringify([opened, fn(), calls.seen]))`,
    )
    assert.deepEqual(said, [false, 1, 0])
  })

  it('let V8 optimise the function again once they are closed', async (t) => {
    const said = await inProcess<Record<'cold' | 'before' | 'within' | 'after' | 'seen', number>>(
      t,
      `
      function hot(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i; return sum }
      const status = () => %GetOptimizationStatus(hot)
      const heat = () => {
        %PrepareFunctionForOptimization(hot);
        hot(1); hot(1);
        %OptimizeFunctionOnNextCall(hot)
        hot(1);
        return status()
      }
      const cold = status()
      const before = heat()
      watchCalls(hot)
      hot(1)
      const within = status()
      unwatch()
      console.log(JSON.stringify({ cold, before, within, after: heat(), seen: calls.seen }))`,
      ['--allow-natives-syntax'],
    )
    const { cold, before, within, after, seen } = said
    assert.ok(cold !== before && within !== before, JSON.stringify(said))
    assert.deepEqual([after, seen], [before, 1])
  })

  it('see a worker’s functions from within the worker', async () => {
    const worker = new Worker(
      `require(${JSON.stringify(FIXTURE)})
      const fn = () => 1
      const opened = watchCalls(fn)
      for (let times = 0; times < 5; times++) fn()
      unwatch()
      fn()
      require('node:worker_threads').parentPort.postMessage([opened, calls.seen])`,
      { eval: true },
    )
    const [said] = (await once(worker, 'message')) as [unknown]
    assert.deepEqual(said, [true, 5])
    await worker.terminate()
  })

  it('leave a debugger that is attached from outside its breakpoints and its pauses', async (t) => {
    const debugged = await attach(t)
    const run = (expression: string): Promise<unknown> => debugged.evaluate(expression)
    await debugged.post('Debugger.enable')
    await run('globalThis.fn = function fn() { return 1 }')
    const { result } = await debugged.post<{ result: { objectId: string } }>('Runtime.evaluate', {
      expression: 'fn',
    })
    await debugged.post('Debugger.setBreakpointOnFunctionCall', { objectId: result.objectId })
    const pauses: number[] = []
    const call = async (): Promise<void> => {
      assert.equal(await run('fn()'), 1)
      pauses.push(debugged.pauses)
    }
    await call()
    assert.equal(await run('watchCalls(fn)'), true)
    await call()
    await run('unwatch()')
    await call()
    assert.deepEqual(pauses, [1, 2, 3])
    assert.equal(await run('calls.seen'), 1)
  })
})

interface Debugged {
  /** At each of which it was told to go on. */
  readonly pauses: number
  post<T>(method: string, params?: object): Promise<T>
  evaluate(expression: string): Promise<unknown>
}

/** A process with the fixture, and a client of its inspector. */
async function attach(t: Stage): Promise<Debugged> {
  const args = ['--inspect=0', '-r', FIXTURE, '-e', 'setInterval(() => {}, 1000)']
  const child = spawn(process.execPath, args, {
    env: cleanEnv(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => void child.kill('SIGKILL'))
  let stderr = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (text) => {
      stderr += text
      const [found] = /ws:\/\/\S+/.exec(stderr) ?? []
      if (found) resolve(found)
    })
    child.on('close', () => reject(new Error(stderr)))
  })
  const socket = new WebSocket(url)
  t.after(() => socket.close())
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  const waiting = new Map<number, (result: never) => void>()
  let ids = 0
  let pauses = 0
  const post = <T>(method: string, params: object = {}): Promise<T> =>
    new Promise((resolve) => {
      waiting.set(++ids, resolve)
      socket.send(JSON.stringify({ id: ids, method, params }))
    })
  socket.addEventListener('message', ({ data }: MessageEvent) => {
    const { id, result, method } = JSON.parse(data as string) as {
      id?: number
      result: never
      method?: string
    }
    if (id !== undefined) waiting.get(id)!(result)
    if (method !== 'Debugger.paused') return
    pauses++
    void post('Debugger.resume')
  })
  return {
    get pauses() {
      return pauses
    },
    post,
    async evaluate(expression) {
      const { result } = await post<{ result: { value: unknown } }>('Runtime.evaluate', {
        expression,
      })
      return result.value
    },
  }
}
