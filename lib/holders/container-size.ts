/** How many entries containers have. */
import {
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
  return isArray(value) ? (ownValue(value, 'length') as number) : -1
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
