/** How much containers hold. */
import { isArray, isMap, isProxy, isSet, mapSize, ownValue, setSize } from '../inspector/intrinsics'

/** Entries that are no containers, from which the others are none either. */
const MAX_OTHERS = 32

/** Sizes of the containers in a container, added up. */
export class CollectionSum {
  containers = 0
  size = 0
  #others = 0

  /** Most hold no containers: a few entries tell. */
  get isHopeless(): boolean {
    return this.containers === 0 && this.#others > MAX_OTHERS
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

/** Entries of a Map, Set or array; -1 of what is none. Not to be asked of a proxy. */
export function sizeOf(value: object): number {
  if (isMap(value)) return mapSize(value)
  if (isSet(value)) return setSize(value)
  return isArray(value) ? (ownValue(value, 'length') as number) : -1
}
