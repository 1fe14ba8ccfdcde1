/** One unit of the app's own work, where no hook knows its library. */
import { expectType, MemprofError } from '../errors'
import { UNIT_KINDS, type UnitKind } from '../schema/lines'
import { runAsUnit } from '../start'

/**
 * Runs `fn` as one unit of work: what it allocates and leads to is counted and judged as a request's is,
 * under `kind` and `name`. Wakes memprof in a process without a server, but for the kinds that are parts of
 * a request. Costs about as much as a promise, and nothing where memprof does not run.
 *
 * @param name - of all units of its kind: a queue's, a topic's, never an id; cut after 128 characters
 * @returns what `fn` returns; of a promise one that settles alike, the unit's end
 * @throws what `fn` throws; MemprofError ERR_MEMPROF_ARGUMENT when an argument is wrong
 */
export function unit<T>(kind: UnitKind, name: string, fn: () => T): T {
  if (!UNIT_KINDS.includes(kind)) {
    const accepted = `one of ${UNIT_KINDS.join(', ')}`
    throw new MemprofError('ERR_MEMPROF_ARGUMENT', { name: 'unit(kind)', accepted, given: kind })
  }
  expectType('unit(, name)', 'string', name)
  expectType('unit(,, fn)', 'function', fn)
  return runAsUnit(kind, name, fn)
}
