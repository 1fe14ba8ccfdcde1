/**
 * How many entries a container may come to, where its owner says so: a cache that is still filling grows
 * like a leak, but up to a bound.
 *
 * Two signs, of an owner's own properties and private fields. A number under a name that caches use for
 * it (`max`, `maxSize`, `capacity`, also one level down, in `options`). And, whatever its name, a number
 * that is the length of two tables beside it as well: a cache that makes room for all entries in advance,
 * as lru-cache does, whose fields are minified.
 */
import type { Field } from '../inspector/inspection'
import { arrayLength, charCodeAt, slice } from '../inspector/intrinsics'

const NAMES = new Set([
  'capacity',
  'limit',
  'max',
  'maxEntries',
  'maxItems',
  'maxKeys',
  'maxLength',
  'maxSize',
])
const hasName: (name: string) => boolean = Set.prototype.has.bind(NAMES)
/** Tables of one length beside a number that says it too. */
const MIN_TABLES = 2

export interface Capacity {
  /** The least bound, that of a container at its capacity its size; Infinity where nothing says one. */
  readonly entries: number
  /** There are tables of that length: the container may be the index of what is in those. */
  readonly hasTables: boolean
}

export const UNBOUNDED: Capacity = { entries: Number.POSITIVE_INFINITY, hasTables: false }

export function capacityOf(fields: readonly Field[], size: number): Capacity {
  let capacity = UNBOUNDED
  for (let at = 0; at < fields.length; at++) {
    const { name, value } = fields[at]!
    if (typeof value !== 'number' || !(value >= size && value < capacity.entries)) continue
    const isSaid = value > size || timesSaid(fields, value) >= 2
    const hasTables = isSaid && tablesOf(fields, value) >= MIN_TABLES
    if (hasTables || hasName(bare(name))) capacity = { entries: value, hasTables }
  }
  return capacity
}

function tablesOf(fields: readonly Field[], length: number): number {
  let tables = 0
  for (let at = 0; at < fields.length; at++) if (arrayLength(fields[at]!.value) === length) tables++
  return tables
}

/** What has no bound says the length of its tables as well, once: that is its size. */
function timesSaid(fields: readonly Field[], number: number): number {
  let times = 0
  for (let at = 0; at < fields.length; at++) if (fields[at]!.value === number) times++
  return times
}

/** Without the `#` or `_` before it. */
function bare(name: string): string {
  const first = charCodeAt(name, 0)
  return first === 35 || first === 95 ? slice(name, 1, name.length) : name
}
