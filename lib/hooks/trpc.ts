/**
 * Procedures of tRPC 10 and 11, where it is loaded by `require`; named by their type and path.
 *
 *     t.procedure -> .use(…) -> .input(…) -> .query(resolver)
 *
 * Each step gives a new builder, an object of functions, and the last the procedure: a function that learns
 * its path when it is called. A subscription is no more than what begins it.
 */
import { after, patched } from './framework'
import type { Guard } from './guard'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'
import { apply, inGuiseOf } from './patch'
import { asUnit } from './units'

interface Created {
  readonly procedure: object
}

/** Of a procedure that the app calls by itself, as one made into a server action, there is neither. */
interface Call {
  readonly type?: unknown
  readonly path?: unknown
}

export function trpcFiles(guard: Guard): HookedFile[] {
  const counted = asUnit(guard, 'operation', nameOf)
  const watched = guard.guarded('declaring a procedure', watch)

  return [
    patched(
      '@trpc/server',
      '',
      (exports) => Object.getPrototypeOf((exports as { initTRPC: object }).initTRPC) as object,
      {
        create: after(guard, 'creating a tRPC', (_self, _args, { procedure }: Created) => {
          watch(procedure)
        }),
      },
    ),
  ]

  /** @returns what stands for what a builder's function has returned */
  function watch(made: object): object {
    if (typeof made === 'function') return asCounted(made as AnyFunction)
    const builder = made as Record<string, unknown>
    for (const [name, step] of Object.entries(builder)) {
      if (typeof step === 'function') builder[name] = watching(step as AnyFunction)
    }
    return builder
  }

  function watching(step: AnyFunction): AnyFunction {
    return inGuiseOf(step, function (this: unknown): unknown {
      const made = apply(step, this, arguments) as object
      return watched(made) ?? made
    })
  }

  function asCounted(procedure: AnyFunction): AnyFunction {
    const wrapper = counted(procedure, () => procedure)
    return Object.assign(inGuiseOf(procedure, wrapper), procedure)
  }
}

function nameOf(_self: unknown, { 0: call }: ArrayLike<unknown>): string | null {
  const { type, path } = (call ?? {}) as Call
  return typeof type === 'string' && typeof path === 'string' ? `${type} ${path}` : null
}
