/**
 * Calls that a server of @grpc/grpc-js 1 answers, named as OpenTelemetry names them, `package.Service/Method`:
 * with a slash before it, it would be folded as a path, and `package.v1` to `:id`.
 *
 *     register(path, handler) -> handler(call, callback)   unary, client streaming: ends with the callback
 *                             -> handler(call)             server streaming, both ways: ends with the stream
 *
 * What is streamed comes as events of the call when the handler has long returned: their listeners are its code.
 */
import { before, patched, prototypeIn } from './framework'
import type { Guard } from './guard'
import type { AnyFunction, UnitOfWork } from './listener'
import type { HookedFile } from './modules'
import { apply, inGuiseOf, patch } from './patch'
import { whenSettled } from './settling'

/** What handlers are called with, of one class or another in each version. */
const CALLS = [
  'ServerUnaryCallImpl',
  'ServerReadableStreamImpl',
  'ServerWritableStreamImpl',
  'ServerDuplexStreamImpl',
]

/** The events that end a call, unless it has ended, and whether it has failed by them. */
const ENDINGS: ReadonlyMap<unknown, boolean> = new Map([
  ['finish', false],
  ['error', true],
  ['cancelled', true],
])

export function grpcFiles(guard: Guard): HookedFile[] {
  /** Calls that have not ended. */
  const open = new WeakMap<object, UnitOfWork>()
  const begins = guard.guarded('beginning of a call', (call: object, name: string) => {
    const unit = guard.listener.unitBegan('call', name)
    if (unit) open.set(call, unit)
    return unit
  })
  const ends = guard.guarded(
    'end of a call',
    (call: object, hasFailed: boolean, mayGoOn: boolean) => {
      const unit = open.get(call)
      open.delete(call)
      unit?.end(hasFailed, mayGoOn)
    },
  )

  return [
    patched('@grpc/grpc-js', 'build/src/server', prototypeIn('Server'), {
      register: before(guard, 'declaring a method', (_server, args) => {
        const [path, handler] = args
        if (typeof path === 'string' && typeof handler === 'function') {
          args[1] = counted(path.replace(/^\//, ''), handler as AnyFunction)
        }
      }),
    }),
    {
      packageName: '@grpc/grpc-js',
      file: '@grpc/grpc-js/build/src/server-call',
      apply(exports) {
        const undo = CALLS.map((name) => patch(prototypeIn(name)(exports), 'emit', emitting))
        return { exports, unpatch: () => undo.forEach((unpatch) => unpatch()) }
      },
    },
  ]

  function counted(name: string, handler: AnyFunction): AnyFunction {
    return inGuiseOf(handler, function (this: unknown, ...args: unknown[]): unknown {
      const call = args[0] as object
      const unit = begins(call, name)
      if (!unit) return apply(handler, this, args)
      if (typeof args[1] === 'function') args[1] = answering(call, args[1] as AnyFunction)
      try {
        const result = unit.run(handler, this, args)
        // Whether it has ended, its promise does not say; but that of a handler that failed will not answer.
        return whenSettled(result, (hasFailed) => hasFailed && ends(call, true, false))
      } catch (error) {
        ends(call, true, false)
        throw error
      }
    })
  }

  function answering(call: object, callback: AnyFunction): AnyFunction {
    return inGuiseOf(callback, function (this: unknown, error: unknown): unknown {
      try {
        return apply(callback, this, arguments)
      } finally {
        ends(call, Boolean(error), false)
      }
    })
  }

  function emitting(_original: AnyFunction, latest: () => AnyFunction): AnyFunction {
    return function (this: object, event: unknown): unknown {
      const unit = open.get(this)
      if (!unit) return apply(latest(), this, arguments)
      try {
        return unit.run(latest(), this, arguments)
      } finally {
        const hasFailed = ENDINGS.get(event)
        if (hasFailed !== undefined) ends(this, hasFailed, hasFailed)
      }
    }
  }
}
