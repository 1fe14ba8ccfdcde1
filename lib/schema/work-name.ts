/**
 * How whoever works is known in memory: a route by its method and pattern, and any other unit of work by its
 * kind in the place of the method, and its name. Methods are in capitals, kinds are not.
 */
import { UNIT_KINDS, type UnitKind, type WorkName } from './lines'

export interface NamedWork {
  readonly method: string
  readonly route: string
}

const KINDS: ReadonlySet<string> = new Set(UNIT_KINDS)

/** Those that are parts of other work, and counted beside it. */
const WITHIN: ReadonlySet<string> = new Set<UnitKind>(['operation', 'call'])

export function isUnit(method: string): method is UnitKind {
  return KINDS.has(method)
}

/** Part of a request, or of what else brought it about. */
export function isWithin(method: string): boolean {
  return WITHIN.has(method)
}

/** `request`, or the kind of another unit. */
export function kindOf(method: string | undefined): string {
  return method !== undefined && isUnit(method) ? method : 'request'
}

/** As a line has it. */
export function asWritten({ method, route }: NamedWork): WorkName {
  return isUnit(method) ? { unit: { kind: method, name: route } } : { method, route }
}

/** As it is known in memory; '' for what the line leaves out. */
export function asKnown({ unit, method = '', route = '' }: WorkName): NamedWork {
  return unit ? { method: unit.kind, route: unit.name } : { method, route }
}
