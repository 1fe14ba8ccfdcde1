/**
 * How many entries a container may come to, where its owner says so: a cache that is still filling grows
 * like a leak, but up to a bound.
 *
 * Two signs, among an owner's own properties and private fields. A number under a name that caches use
 * for it (`max`, `maxSize`, `capacity`), also one level down, in `options`. And, whatever its name, a
 * number that is the length of two tables beside it as well: a cache that makes room for all entries in
 * advance, as lru-cache does, whose fields are minified.
 *
 *     LRUCache { o: 500, u: Array(500), T: Uint16Array(500), s: Map(123), … }    500 entries, has tables
 *     NodeCache { data: Map(123), options: { maxKeys: 500 } }                    500 entries
 */
import type { Field } from '../inspector/inspection'
import {
  arrayLength,
  enumerableKeys,
  isModuleNamespaceObject,
  isOpaque,
  isOrdinary,
  isProxy,
  ownKeys,
  ownValue,
  setHas,
} from '../inspector/intrinsics'
import { bare, MAX_PROPERTIES, nameOf } from './object-path'
import type { PrivateFields } from './private-fields'

/** As caches name it (lru-cache `max`, quick-lru `maxSize`, node-cache `maxKeys`), without `#` or `_`. */
const NAMES = new Set<unknown>([
  'capacity',
  'limit',
  'max',
  'maxEntries',
  'maxItems',
  'maxKeys',
  'maxLength',
  'maxSize',
])
/** Tables of one length beside a number that says it too: one for keys and one for values. */
const MIN_TABLES = 2

export interface Capacity {
  /** The least bound, which is the size for a container at its capacity; Infinity where none is said. */
  readonly entries: number
  /** Whether tables of that length exist: the container may be the index of what the tables hold. */
  readonly hasTables: boolean
}

export const UNBOUNDED: Capacity = { entries: Number.POSITIVE_INFINITY, hasTables: false }

/** What the owner of a container of that size says, or else the owner's `options`. */
export function capacityByOwner(owner: object, size: number, privates: PrivateFields): Capacity {
  const fields = fieldsOf(owner, privates)
  const capacity = capacityOf(fields, size)
  if (capacity.entries < Number.POSITIVE_INFINITY) return capacity
  for (let at = 0; at < fields.length; at++) {
    const { name, value } = fields[at]!
    if (name === 'options') return capacityOf(fieldsOf(value, privates), size)
  }
  return capacity
}

export function capacityOf(fields: readonly Field[], size: number): Capacity {
  let capacity = UNBOUNDED
  for (let at = 0; at < fields.length; at++) {
    const { name, value } = fields[at]!
    if (typeof value !== 'number' || !(value >= size && value < capacity.entries)) continue
    // A cache without a bound has its size as the length of its tables too, but says it once.
    const isBound = value > size || timesSaid(fields, value) >= 2
    const hasTables = isBound && tablesOf(fields, value) >= MIN_TABLES
    if (hasTables || setHas(NAMES, bare(name))) capacity = { entries: value, hasTables }
  }
  return capacity
}

/** Own properties, and the private fields where the walk has read them. */
export function fieldsOf(owner: unknown, privates: PrivateFields): readonly Field[] {
  const fields: Field[] = []
  if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null) return fields
  // Reading a module's name that is not bound yet would throw.
  if (isProxy(owner) || isModuleNamespaceObject(owner) || isOpaque(owner)) return fields
  if (arrayLength(owner) > MAX_PROPERTIES) return fields
  if (enumerableKeys(owner).length > MAX_PROPERTIES || !isOrdinary(owner)) return fields
  const keys = ownKeys(owner)
  for (let at = 0; at < keys.length && at < MAX_PROPERTIES; at++) {
    const key = keys[at]!
    fields[at] = { name: nameOf(key), value: ownValue(owner, key) }
  }
  const hidden = privates.of(owner)
  for (let at = 0; at < hidden.length; at++) fields[fields.length] = hidden[at]!
  return fields
}

function tablesOf(fields: readonly Field[], length: number): number {
  let tables = 0
  for (let at = 0; at < fields.length; at++) if (arrayLength(fields[at]!.value) === length) tables++
  return tables
}

function timesSaid(fields: readonly Field[], number: number): number {
  let times = 0
  for (let at = 0; at < fields.length; at++) if (fields[at]!.value === number) times++
  return times
}
