/**
 * Linked lists: an element refers to the next one under a name that programmers use for it. Entered as
 * little as any large container is: its owner is what keeps it.
 *
 *     mails._tasks  { head, tail, length: 5100 }     told of as mails._tasks, 5100 entries
 *     head          { value, next }                  a variable that gets longer: told of as head, counted
 */
import {
  isModuleNamespaceObject,
  isOpaque,
  isProxy,
  ownValue,
  setHas,
} from '../inspector/intrinsics'
import type { Field } from '../inspector/inspection'
import { LENGTHS } from './container-size'
import { bare } from './object-path'

const LINKS = new Set<unknown>(['next', '_next', 'prev', '_prev', 'previous', '_previous'])
const LENGTH_NAMES = new Set<unknown>(LENGTHS)
/** Elements in a row from which they are a list, and no pair or short chain of other things. */
const MIN_ELEMENTS = 32
/** Keys of an element, at most: a round number. */
const MAX_KEYS = 16
/** Elements that are counted where no owner tells, at most: about 3 ms. */
const MAX_COUNTED = 20_000

/** @returns the name under which it refers to the next of many elements; null for what is none of a list */
export function linkOf(element: object, keys: readonly string[]): string | null {
  for (let at = 0; at < keys.length && keys.length <= MAX_KEYS; at++) {
    const key = keys[at]!
    if (setHas(LINKS, key) && countFrom(element, key, MIN_ELEMENTS) === MIN_ELEMENTS) return key
  }
  return null
}

/** Elements from this one on; 0 where there are more than are counted. */
export function countElements(element: object, link: string): number {
  const elements = countFrom(element, link, MAX_COUNTED)
  return elements < MAX_COUNTED ? elements : 0
}

/** A list that closes on itself, as one with a sentinel does, ends where it began. */
function countFrom(first: object, link: string, most: number): number {
  let elements = 1
  for (let at = ownValue(first, link); elements < most; elements++) {
    if (typeof at !== 'object' || at === null || at === first) break
    if (isProxy(at) || isModuleNamespaceObject(at) || isOpaque(at)) break
    at = ownValue(at, link)
  }
  return elements
}

/** The length that a list's owner tells among its own fields; -1 where it tells none. */
export function lengthSaid(fields: readonly Field[]): number {
  for (let at = 0; at < fields.length; at++) {
    const { name, value } = fields[at]!
    if (typeof value === 'number' && setHas(LENGTH_NAMES, bare(name))) return value
  }
  return -1
}
