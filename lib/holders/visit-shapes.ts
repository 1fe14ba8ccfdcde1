/**
 * Visits an object by its shape: a container is noted with its size, and what an object refers to is put
 * in line. A large container is not entered: its entries are what it holds, not how the app is built.
 */
import {
  arrayPrototype,
  enumerableKeys,
  getPrototypeOf,
  isArray,
  isMap,
  isModuleNamespaceObject,
  isOpaque,
  isOrdinary,
  isSet,
  mapEntries,
  mapNext,
  mapPrototype,
  mapSize,
  ownGetter,
  ownKeys,
  ownValue,
  setNext,
  setPrototype,
  setSize,
  setValues,
  valueIfBound,
} from '../inspector/intrinsics'
import { ContainerSum, entriesOf } from './container-size'
import { arraySample, mapSample, objectSample, type Pair, setSample } from './entry-weight'
import { linkOf } from './linked-list'
import { isData, isIdentifier, MAX_PROPERTIES, nameOf } from './object-path'
import type { WalkContext } from './walk-context'
import type { Node } from './walk-queue'

/** Entries of a container that is entered, at most: a round number. A leak's holder soon has more. */
const MAX_ENTRIES = 32
/** Getters of an object that are looked into, at most: a module may export hundreds. */
const MAX_GETTERS = 4
/** Entries of a container whose inner containers are added up, at most: 0.5 ms for each outer one. */
const MAX_SUMMED = 2000

/** Any object but a function, which `visitFunction` takes. */
export function visitObject(context: WalkContext, node: Node): void {
  const { value } = node
  if (isMap(value)) visitMap(context, node)
  else if (isSet(value)) visitSet(context, node)
  else if (isArray(value)) visitArray(context, node, value)
  else if (isModuleNamespaceObject(value)) visitNamespace(context, node)
  else if (!isOpaque(value) && isOrdinary(value)) visitPlainObject(context, node)
}

function visitMap(context: WalkContext, node: Node): void {
  const { queue, findings } = context
  const { value } = node
  const size = mapSize(value)
  findings.add(node, 'Map', size, mapSample)
  if (size <= MAX_ENTRIES) {
    const entries = mapEntries(value)
    for (let at = 0; at < MAX_ENTRIES; at++) {
      const { done, value: entry } = mapNext(entries)
      if (done) break
      const pair = entry as Pair
      queue.addNext(node, pair[1], 'entry', `${at}`)
      queue.addNext(node, pair[0], 'entry', `key ${at}`)
    }
  } else if (size <= MAX_SUMMED) {
    const sum = new ContainerSum()
    const entries = mapEntries(value)
    for (let at = 0; at < MAX_SUMMED && sum.mayHaveContainers; at++) {
      const { done, value: entry } = mapNext(entries)
      if (done) break
      sum.add((entry as Pair)[1])
    }
    findings.addSum(node, '.get(…)', sum)
  }
  if (getPrototypeOf(value) !== mapPrototype && isOrdinary(value)) visitProperties(context, node)
}

function visitSet(context: WalkContext, node: Node): void {
  const { queue, findings } = context
  const { value } = node
  const size = setSize(value)
  findings.add(node, 'Set', size, setSample)
  if (size <= MAX_ENTRIES) {
    const values = setValues(value)
    for (let at = 0; at < MAX_ENTRIES; at++) {
      const { done, value: held } = setNext(values)
      if (done) break
      queue.addNext(node, held, 'entry', `${at}`)
    }
  }
  if (getPrototypeOf(value) !== setPrototype && isOrdinary(value)) visitProperties(context, node)
}

function visitArray(context: WalkContext, node: Node, value: readonly unknown[]): void {
  const { queue, findings } = context
  const length = ownValue(value, 'length') as number
  findings.add(node, 'Array', entriesOf(value), arraySample)
  if (length <= MAX_ENTRIES) {
    for (let at = 0; at < length; at++) {
      queue.addNext(node, ownValue(value, at), 'element', `${at}`)
    }
  } else if (length <= MAX_SUMMED) {
    const sum = new ContainerSum()
    for (let at = 0; at < length && sum.mayHaveContainers; at++) sum.add(ownValue(value, at))
    findings.addSum(node, '[…]', sum)
  }
  if (getPrototypeOf(value) !== arrayPrototype && length <= MAX_PROPERTIES && isOrdinary(value)) {
    visitProperties(context, node)
  }
}

function visitPlainObject(context: WalkContext, node: Node): void {
  const { privates, findings } = context
  const { value } = node
  const keys = enumerableKeys(value)
  const link = linkOf(value, keys)
  if (link !== null) {
    findings.addList(node, link)
    return
  }
  findings.add(node, 'Object', keys.length, objectSample, keys)
  if (keys.length <= MAX_PROPERTIES) {
    visitProperties(context, node)
    const fields = privates.read(value)
    if (fields.length > 0) visitFields(context, node, fields)
  } else if (keys.length <= MAX_SUMMED) {
    const sum = new ContainerSum()
    for (let at = 0; at < keys.length && sum.mayHaveContainers; at++) {
      sum.add(ownValue(value, keys[at]!))
    }
    findings.addSum(node, '[…]', sum)
  }
}

/** A deferred module would be evaluated, and is left alone. */
function visitNamespace({ queue }: WalkContext, node: Node): void {
  if (ownValue(node.value, Symbol.toStringTag) !== 'Module') return
  const keys = ownKeys(node.value)
  for (let at = 0; at < keys.length && at < MAX_PROPERTIES; at++) {
    queue.addNext(node, valueIfBound(node.value, keys[at]!), 'property', nameOf(keys[at]!))
  }
}

/**
 * Own properties, hidden ones and symbols too. What a getter gives is not asked for, but in the variables it
 * sees: Express keeps its router in one.
 */
export function visitProperties({ queue }: WalkContext, node: Node): void {
  let getters = 0
  const keys = ownKeys(node.value)
  const isList = isArray(node.value)
  const isFunction = typeof node.value === 'function'
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!
    if (isList && typeof key === 'string' && !isIdentifier(key)) continue
    if (isFunction && key === 'prototype') continue
    const value = ownValue(node.value, key)
    if (typeof value === 'object' || typeof value === 'function') {
      queue.addNext(node, value, isData(key, keys.length) ? 'key' : 'property', nameOf(key))
    } else if (value === undefined && getters < MAX_GETTERS) {
      const get = ownGetter(node.value, key)
      if (get === undefined) continue
      getters++
      queue.addNext(node, get, 'getter', nameOf(key))
    }
  }
}

/** `#private` fields, of an object or of a class. */
export function visitFields(
  { queue }: WalkContext,
  node: Node,
  fields: ReadonlyArray<{ readonly name: string; readonly value: unknown }>,
): void {
  for (let at = 0; at < fields.length; at++) {
    queue.addNext(node, fields[at]!.value, 'private', fields[at]!.name)
  }
}
