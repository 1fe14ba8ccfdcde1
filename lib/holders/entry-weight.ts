/**
 * What the entries of a container weigh by themselves, from a few of them. Like the walk, it calls no
 * function that the app could have replaced.
 */
import { mapEntries, mapNext, ownValue, setNext, setValues } from '../inspector/intrinsics'

/** Of an entry as an iterator gives it: a fresh array of V8's, not to be destructured: that iterates. */
export type Pair = readonly [unknown, unknown]

/** Entries weighed, of each container. */
const SAMPLED = 4
/** A slot of a table, and what a string costs besides its characters. */
const SLOT_BYTES = 8
const STRING_BYTES = 16

/** Bytes of the mean entry, without what objects weigh: Infinity where there are some. */
export function weigh(entries: readonly unknown[]): number {
  let bytes = 0
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at]
    if ((typeof entry === 'object' && entry !== null) || typeof entry === 'function') {
      return Number.POSITIVE_INFINITY
    }
    bytes += SLOT_BYTES + (typeof entry === 'string' ? STRING_BYTES + entry.length : 0)
  }
  return bytes / SAMPLED
}

export function mapSample(map: object): unknown[] {
  const found: unknown[] = []
  const entries = mapEntries(map)
  for (let at = 0; at < SAMPLED; at++) {
    const { done, value } = mapNext(entries)
    if (done) break
    found[2 * at] = (value as Pair)[0]
    found[2 * at + 1] = (value as Pair)[1]
  }
  return found
}

export function setSample(set: object): unknown[] {
  const found: unknown[] = []
  const values = setValues(set)
  for (let at = 0; at < SAMPLED; at++) {
    const { done, value } = setNext(values)
    if (done) break
    found[at] = value
  }
  return found
}

/** The last ones: what leaks comes last. */
export function arraySample(array: object): unknown[] {
  const length = ownValue(array, 'length') as number
  const found: unknown[] = []
  for (let at = 0; at < SAMPLED; at++) found[at] = ownValue(array, length - 1 - at)
  return found
}

export function objectSample(object: object, keys: readonly string[]): unknown[] {
  const found: unknown[] = []
  for (let at = 0; at < SAMPLED; at++) {
    const key = keys[keys.length - 1 - at]!
    found[2 * at] = key
    found[2 * at + 1] = ownValue(object, key)
  }
  return found
}
