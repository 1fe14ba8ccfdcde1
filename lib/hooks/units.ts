/** What the hooks of libraries that run work are made of, beside framework.ts. */
import type { Guard } from './guard'
import type { AnyFunction, UnitKind, UnitOfWork } from './listener'
import { apply, type Wrapper } from './patch'
import { whenSettled } from './settling'

/** Calls `fn` as the code of one unit of work, which ends with what it returns. */
export type UnitRunner = (
  kind: UnitKind,
  name: string,
  fn: AnyFunction,
  self: unknown,
  args: ArrayLike<unknown>,
) => unknown

export function unitRunner(guard: Guard): UnitRunner {
  const begins = guard.guarded('beginning of a unit', (kind: UnitKind, name: string) =>
    guard.listener.unitBegan(kind, name),
  )
  const ends = guard.guarded(
    'end of a unit',
    (unit: UnitOfWork, hasFailed: boolean, mayGoOn: boolean) => unit.end(hasFailed, mayGoOn),
  )
  return (kind, name, fn, self, args) => {
    const unit = begins(kind, name)
    if (!unit) return apply(fn, self, args)
    let result: unknown
    try {
      result = unit.run(fn, self, args)
    } catch (error) {
      ends(unit, true, false)
      throw error
    }
    return whenSettled(result, (hasFailed, isUnknown) => ends(unit, hasFailed, isUnknown))
  }
}

/**
 * Calls the original as one unit of work.
 *
 * @param nameOf - what `this` and the arguments say of the unit's name; null where it is none
 */
export function asUnit<Self>(
  guard: Guard,
  kind: UnitKind,
  nameOf: (self: Self, args: ArrayLike<unknown>) => string | null,
): Wrapper {
  const run = unitRunner(guard)
  const named = guard.guarded(`naming a ${kind}`, nameOf)
  return (_original, latest) =>
    function (this: Self): unknown {
      const name = named(this, arguments)
      const original = latest()
      return name === null
        ? apply(original, this, arguments)
        : run(kind, name, original, this, arguments)
    }
}
