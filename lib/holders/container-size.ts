/** How many entries containers have. */
import {
  enumerableKeys,
  isArray,
  isMap,
  isProxy,
  isSet,
  mapEntries,
  mapNext,
  mapSize,
  ownValue,
  setNext,
  setSize,
  setValues,
} from '../inspector/intrinsics'

/** Where the first so many entries of a container are no containers, the others are taken for none. */
const MAX_OTHERS = 32

/** The entries of all containers inside a container, added up. */
export class ContainerSum {
  containers = 0
  size = 0
  #others = 0

  /** Most containers hold no others: a few entries tell. */
  get mayHaveContainers(): boolean {
    return this.containers > 0 || this.#others <= MAX_OTHERS
  }

  add(value: unknown): void {
    const size = typeof value === 'object' && value !== null && !isProxy(value) ? sizeOf(value) : -1
    if (size < 0) this.#others++
    else {
      this.containers++
      this.size += size
    }
  }
}

/** Entries of a Map, Set or array; -1 for any other object. Not to be asked of a proxy. */
export function sizeOf(value: object): number {
  if (isMap(value)) return mapSize(value)
  if (isSet(value)) return setSize(value)
  return isArray(value) ? entriesOf(value) : -1
}

/** As the owner of a linked list names its length. */
export const LENGTHS: readonly string[] = ['length', 'size', 'count', '_length', '_size', '_count']
/** Keys of such an owner, at most: of a dictionary, such a key may be the app's data. A round number. */
const MAX_OWNER_KEYS = 16

/** Under which of its own names an object that is no container tells a length; null where under none. */
export function lengthKeyOf(value: object): string | null {
  if (typeof value === 'function' || enumerableKeys(value).length > MAX_OWNER_KEYS) return null
  for (let at = 0; at < LENGTHS.length; at++) {
    if (typeof ownValue(value, LENGTHS[at]!) === 'number') return LENGTHS[at]!
  }
  return null
}

/** Elements that are looked at for one inside of a ring, or inside of its gap. */
const RING_LOOKS = 32
/** Shortest array that may be a ring. */
const MIN_RING = 64

/**
 * Entries of an array. One that serves as a ring doubles, and is empty where nothing was put yet, and where it
 * was taken out again: what is between the two ends counts.
 *
 *     denque   [ e e e e e e . . . . . . . . . . ]    6 of 16
 */
export function entriesOf(array: readonly unknown[]): number {
  const length = ownValue(array, 'length') as number
  if (length < MIN_RING || (length & (length - 1)) !== 0) return length
  const isUsed = (at: number): boolean => ownValue(array, at) !== undefined
  const begins = isUsed(0)
  if (begins !== isUsed(length - 1)) {
    const edge = edgeBetween(0, length - 1, isUsed)
    return begins ? edge : length - edge
  }
  const step = length / RING_LOOKS
  for (let at = step; at < length; at += step) {
    if (isUsed(at) === begins) continue
    const inside = edgeBetween(at, length - 1, isUsed) - edgeBetween(0, at, isUsed)
    return begins ? length - inside : inside
  }
  return begins ? length : 0
}

/** The first index after `from` that is used as `to` is, and `from` is not. */
function edgeBetween(from: number, to: number, isUsed: (at: number) => boolean): number {
  const used = isUsed(from)
  while (to - from > 1) {
    const middle = (from + to) >> 1
    if (isUsed(middle) === used) from = middle
    else to = middle
  }
  return to
}

/** Taken of the containers inside a container, at most. */
const MAX_INNER = 8

/** The first containers among the entries of a Map, Set or array. */
export function containersIn(outer: object): object[] {
  const found: object[] = []
  const take = (value: unknown): void => {
    const isContainer = typeof value === 'object' && value !== null && !isProxy(value)
    if (isContainer && sizeOf(value) >= 0) found[found.length] = value
  }
  if (isArray(outer)) {
    for (let at = 0; at < outer.length && found.length < MAX_INNER; at++) take(ownValue(outer, at))
  } else if (isMap(outer)) {
    const entries = mapEntries(outer)
    for (let at = mapNext(entries); !at.done && found.length < MAX_INNER; at = mapNext(entries)) {
      take((at.value as readonly unknown[])[1])
    }
  } else if (isSet(outer)) {
    const values = setValues(outer)
    for (let at = setNext(values); !at.done && found.length < MAX_INNER; at = setNext(values)) {
      take(at.value)
    }
  }
  return found
}
