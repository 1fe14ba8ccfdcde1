/**
 * What the entries of a container weigh by themselves, from a few of them. Like the walk, it calls no
 * function that the app could have replaced.
 */
import { sizeOf } from './container-size'
import { mapEntries, mapNext, ownValue, setNext, setValues } from '../inspector/intrinsics'

/** An entry as a Map's iterator gives it: V8's fresh array. Destructuring it would run an iterator. */
export type Pair = readonly [unknown, unknown]

/** Keys, values and elements of a few entries; `keys` are an object's, other containers ignore them. */
export type Sample = (container: object, keys: readonly string[]) => unknown[]

/** Entries weighed of each container; smaller ones than this are never asked for (`MIN_ENTRIES`). */
const SAMPLED_ENTRIES = 4
/** A pointer in a backing store: V8 on 64 bits, as Node builds it, without pointer compression. */
const SLOT_BYTES = 8
/** Map, hash and length before the characters of a string of one byte each. */
const STRING_HEADER_BYTES = 16

/** Bytes of a mean entry, without what objects weigh: Infinity where an entry holds any. */
export function weigh(sample: readonly unknown[]): number {
  let bytes = 0
  for (let at = 0; at < sample.length; at++) {
    const part = sample[at]
    if ((typeof part === 'object' && part !== null) || typeof part === 'function') {
      return Number.POSITIVE_INFINITY
    }
    bytes += SLOT_BYTES + (typeof part === 'string' ? STRING_HEADER_BYTES + part.length : 0)
  }
  return bytes / SAMPLED_ENTRIES
}

export function mapSample(map: object): unknown[] {
  const sample: unknown[] = []
  const entries = mapEntries(map)
  for (let at = 0; at < SAMPLED_ENTRIES; at++) {
    const { done, value } = mapNext(entries)
    if (done) break
    sample[2 * at] = (value as Pair)[0]
    sample[2 * at + 1] = (value as Pair)[1]
  }
  return sample
}

export function setSample(set: object): unknown[] {
  const sample: unknown[] = []
  const values = setValues(set)
  for (let at = 0; at < SAMPLED_ENTRIES; at++) {
    const { done, value } = setNext(values)
    if (done) break
    sample[at] = value
  }
  return sample
}

/** The last elements: what leaks comes last. Of a ring, those before its empty end. */
export function arraySample(array: object): unknown[] {
  const isRing = ownValue(array, (ownValue(array, 'length') as number) - 1) === undefined
  const length = isRing ? sizeOf(array) : (ownValue(array, 'length') as number)
  const sample: unknown[] = []
  for (let at = 0; at < SAMPLED_ENTRIES; at++) sample[at] = ownValue(array, length - 1 - at)
  return sample
}

/** The last keys with their values. */
export function objectSample(object: object, keys: readonly string[]): unknown[] {
  const sample: unknown[] = []
  for (let at = 0; at < SAMPLED_ENTRIES; at++) {
    const key = keys[keys.length - 1 - at]!
    sample[2 * at] = key
    sample[2 * at + 1] = ownValue(object, key)
  }
  return sample
}

/** Its elements are objects. */
export function listSample(owner: object): unknown[] {
  return [owner]
}
