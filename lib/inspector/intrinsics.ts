/**
 * The functions that the app's objects are looked at with. They are taken when the preload runs, before
 * the app can put functions of its own in their place, and called without going through any prototype:
 * so a look runs no code of the app's, whatever the app has patched.
 */
import Module from 'node:module'
import { performance } from 'node:perf_hooks'
import { types } from 'node:util'

type Uncurried = <T, A extends unknown[], R>(
  fn: (this: T, ...args: A) => R,
) => (self: T, ...args: A) => R
const uncurry = Function.prototype.bind.bind(Function.prototype.call) as Uncurried

type Getter = (self: object) => number
function getter(prototype: object, name: string): Getter {
  return uncurry(Object.getOwnPropertyDescriptor(prototype, name)!.get as () => number) as Getter
}

export const realm: typeof globalThis = globalThis
export const objectPrototype: object = Object.prototype
export const functionPrototype: object = Function.prototype
export const mapPrototype: object = Map.prototype
export const setPrototype: object = Set.prototype
export const arrayPrototype: object = Array.prototype

export const getPrototypeOf: (of: object) => object | null = Reflect.getPrototypeOf
export const getOwnPropertyDescriptor: (
  of: object,
  key: PropertyKey,
) => PropertyDescriptor | undefined = Reflect.getOwnPropertyDescriptor
export const ownKeys: (of: object) => Array<string | symbol> = Reflect.ownKeys
export const defineProperty: (
  of: object,
  key: PropertyKey,
  descriptor: PropertyDescriptor,
) => boolean = Reflect.defineProperty
export const deleteProperty: (of: object, key: PropertyKey) => boolean = Reflect.deleteProperty
/** Enumerable keys: where there are many, a third of the time that `ownKeys` takes. */
export const enumerableKeys: (of: object) => string[] = Object.keys
export const hasOwn: (of: object, key: PropertyKey) => boolean = Object.hasOwn
const isEnumerable = uncurry(Object.prototype.propertyIsEnumerable) as (
  of: object,
  key: PropertyKey,
) => boolean
export const isArray: (of: unknown) => of is unknown[] = Array.isArray

export const mapSize: Getter = getter(Map.prototype, 'size')
export const setSize: Getter = getter(Set.prototype, 'size')
const typedArrayLength = getter(Reflect.getPrototypeOf(Uint8Array.prototype)!, 'length')

type Iterate = (of: object) => object
type Next = (iterator: object) => { done?: boolean; value: unknown }
function nextOf(iterator: object): Next {
  return uncurry((getPrototypeOf(iterator) as { next: () => never }).next) as Next
}
export const mapEntries: Iterate = uncurry(Map.prototype.entries) as Iterate
export const mapNext: Next = nextOf(new Map().entries())
export const setValues: Iterate = uncurry(Set.prototype.values) as Iterate
export const setNext: Next = nextOf(new Set().values())

export const mapGet: <K, V>(map: Map<K, V>, key: K) => V | undefined = uncurry(
  Map.prototype.get,
) as never
export const mapSet: <K, V>(map: Map<K, V>, key: K, value: V) => unknown = uncurry(
  Map.prototype.set,
) as never
export const weakMapGet: (map: WeakMap<object, unknown>, key: object) => unknown = uncurry(
  WeakMap.prototype.get,
) as never
export const weakMapSet: (map: WeakMap<object, unknown>, key: object, value: unknown) => unknown =
  uncurry(WeakMap.prototype.set) as never
export const seenAdd: (seen: Set<object>, value: object) => unknown = uncurry(
  Set.prototype.add,
) as never
export const setHas: (set: Set<unknown>, value: unknown) => boolean = uncurry(
  Set.prototype.has,
) as never

/** The text of a function; of natives and bound functions one that ends in `[native code] }`. */
export const functionText: (of: object) => string = uncurry(Function.prototype.toString) as never
export const includes: (text: string, part: string) => boolean = uncurry(
  String.prototype.includes as (this: string, part: string) => boolean,
)
export const endsWith: (text: string, part: string) => boolean = uncurry(
  String.prototype.endsWith as (this: string, part: string) => boolean,
)
export const startsWith: (text: string, part: string) => boolean = uncurry(
  String.prototype.startsWith as (this: string, part: string) => boolean,
)
export const slice: (text: string, from: number, to: number) => string = uncurry(
  String.prototype.slice as (this: string, from: number, to: number) => string,
)
export const charCodeAt: (text: string, at: number) => number = uncurry(
  String.prototype.charCodeAt as (this: string, at: number) => number,
)
export const symbolText: (of: symbol) => string = uncurry(Symbol.prototype.toString) as never
export const now: () => number = performance.now.bind(performance)

type Test = (value: unknown) => boolean
export const isProxy: Test = types.isProxy
export const isMap: Test = types.isMap
export const isSet: Test = types.isSet
export const isModuleNamespaceObject: Test = types.isModuleNamespaceObject
const {
  isAnyArrayBuffer,
  isArrayBufferView,
  isBoxedPrimitive,
  isDate,
  isExternal,
  isGeneratorObject,
  isNativeError,
  isPromise,
  isRegExp,
  isTypedArray,
  isWeakMap,
  isWeakSet,
} = types

/** Objects that hold no others, hold others weakly, or keep them where nobody can see. */
export function isOpaque(value: object): boolean {
  return (
    isNativeError(value) ||
    isPromise(value) ||
    isDate(value) ||
    isRegExp(value) ||
    isArrayBufferView(value) ||
    isAnyArrayBuffer(value) ||
    isWeakMap(value) ||
    isWeakSet(value) ||
    isBoxedPrimitive(value) ||
    isExternal(value) ||
    isGeneratorObject(value)
  )
}

/** The length of an array or typed array; -1 for any other value. */
export function arrayLength(value: unknown): number {
  if (typeof value !== 'object' || value === null || isProxy(value)) return -1
  if (isTypedArray(value)) return typedArrayLength(value)
  return isArray(value) ? (ownValue(value, 'length') as number) : -1
}

/** Node's own function, in whose scope the lists of timers are. */
export const setTimeoutFunction: object = setTimeout
export const processObject: object = process
/** Not to be read: the system is asked for each property. */
export const environment: object = process.env
export const moduleCache: object = (Module as unknown as { _cache: object })._cache

const globalNames = new Set(ownKeys(globalThis))
const hasName = Set.prototype.has.bind(globalNames)
/** Whether the global object had a property of that name before the app ran. */
export const isGlobalName: (name: string | symbol) => boolean = hasName

const { builtinModules } = Module
const getBuiltinModule = (process as { getBuiltinModule?: (name: string) => object | undefined })
  .getBuiltinModule

/** Exports of Node's own modules that are loaded by now; empty before Node 20.16. */
export function loadedBuiltins(): object[] {
  const found: object[] = []
  const loaded = (process as { moduleLoadList?: string[] }).moduleLoadList ?? []
  for (const name of builtinModules) {
    if (!getBuiltinModule || !loaded.includes(`NativeModule ${name}`)) continue
    const builtin = getBuiltinModule(name)
    if (builtin) found.push(builtin)
  }
  return found
}

/**
 * A property's value, without running a getter. V8's `stack` looks like a value, but asking for it
 * the first time formats it, by code of the app's where it has set `Error.prepareStackTrace`: it is not
 * enumerable, as what the app itself calls so is.
 */
export function ownValue(of: object, key: PropertyKey): unknown {
  if (key === 'stack' && !isEnumerable(of, key)) return undefined
  const descriptor = getOwnPropertyDescriptor(of, key)
  return descriptor !== undefined && hasOwn(descriptor, 'value') ? descriptor.value : undefined
}

/**
 * The same of a variable in a scope, or a name that a module exports: nothing where it is not initialised
 * yet. V8 throws where one is read, of scopes from Node 24 on.
 */
export function valueIfBound(of: object, name: PropertyKey): unknown {
  try {
    return ownValue(of, name)
  } catch {
    return undefined
  }
}

/** The function behind a property that has one; it is not called. */
export function ownGetter(of: object, key: PropertyKey): unknown {
  if (key === 'stack') return undefined
  const descriptor = getOwnPropertyDescriptor(of, key)
  return descriptor !== undefined && hasOwn(descriptor, 'get') ? descriptor.get : undefined
}

/** The name of an object's class; '' where none is told. */
export function className(of: object): string {
  const prototype = getPrototypeOf(of)
  const constructor = prototype && !isProxy(prototype) && ownValue(prototype, 'constructor')
  if (typeof constructor !== 'function' || isProxy(constructor)) return ''
  const name = ownValue(constructor, 'name')
  return typeof name === 'string' ? name : ''
}

/** Prototypes followed, at most: classes derive a few times; an object with more is left alone. */
const MAX_CHAIN = 32

/**
 * Whether an object is an ordinary one of this realm: a proxy among its prototypes would be asked, and
 * an object of another context may answer through handlers of that context's making.
 */
export function isOrdinary(value: object): boolean {
  let at: object | null = value
  for (let links = 0; links < MAX_CHAIN; links++) {
    if (isProxy(at)) return false
    const next: object | null = getPrototypeOf(at)
    if (next === null) {
      // A realm's Object.prototype has this property of its own: here, that of another realm.
      return links === 0 || at === objectPrototype || !hasOwn(at, '__defineGetter__')
    }
    at = next
  }
  return false
}

/**
 * Whether V8 can describe a value to the inspector without running code of the app's: it reads the
 * `stack` and `message` of errors, `splice` and `length` of anything (Node 20), and turns dates to text.
 */
export function isDescribable(value: unknown): boolean {
  if (typeof value === 'function') return !isProxy(value)
  if (typeof value !== 'object' || value === null) return true
  if (isProxy(value)) return false
  if (isArray(value) || isMap(value) || isSet(value) || isArrayBufferView(value)) return true
  if (isModuleNamespaceObject(value) || isOpaque(value)) return isPromise(value)
  let at: object | null = value
  for (let links = 0; links < MAX_CHAIN; links++) {
    if (isProxy(at)) return false
    const splice = getOwnPropertyDescriptor(at, 'splice')
    if (splice !== undefined) return hasOwn(splice, 'value') && typeof splice.value !== 'function'
    at = getPrototypeOf(at)
    if (at === null) return true
  }
  return false
}

/** Own properties of an object that is shown to the inspector, at most: it describes each. A round number. */
const MAX_SHOWN = 100

/**
 * Whether the inspector can be asked for an object's properties without running code of the app's: it
 * describes each value and the prototype, and asks all prototypes for their keys.
 */
export function isInspectable(of: object): boolean {
  let at: object | null = of
  for (let links = 0; at !== null; links++) {
    if (links === MAX_CHAIN || isProxy(at)) return false
    at = getPrototypeOf(at)
  }
  const prototype = getPrototypeOf(of)
  if (!isDescribable(of) || (prototype !== null && !isDescribable(prototype))) return false
  // The cheaper count goes first: there may be a million keys.
  if (enumerableKeys(of).length > MAX_SHOWN) return false
  const keys = ownKeys(of)
  if (keys.length > MAX_SHOWN) return false
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!
    if (key === 'stack' || !isDescribable(ownValue(of, key))) return false
  }
  return true
}

let names = 0

/** Of a property of the global object, by the time: `node:crypto` would take 5 ms to load. */
export function newGlobalName(): string {
  const us = Math.round((performance.timeOrigin + now()) * 1000)
  return `memprof_${us.toString(36)}_${names++}`
}
