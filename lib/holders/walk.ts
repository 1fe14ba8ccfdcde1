/**
 * From functions to the variables of their scopes, and from there a few levels over objects, to every
 * container on the way. Reads values in the process itself and asks the inspector only for what
 * JavaScript cannot see: scopes, private fields, bound arguments. Breadth first, so that what a bound
 * cuts off is what lies deepest.
 *
 *     order()  ->  [[Scopes]]  ->  trail: Map(5833)            path  trail
 *                              ->  bus: EventEmitter
 *                                    _events: {}
 *                                      news: Array(4101)       path  bus._events.news
 */
import type { FunctionPosition } from '../inspector/stack-frame'
import type { Field } from '../inspector/inspection'
import { type Capacity, capacityOf, UNBOUNDED } from './capacity'
import { CollectionSum } from './container-size'
import { arraySample, mapSample, objectSample, type Pair, setSample, weigh } from './entry-weight'
import type { Inspection, OpenFunction, Scope } from '../inspector/inspection'
import {
  arrayLength,
  arrayPrototype,
  endsWith,
  enumerableKeys,
  environment,
  functionText,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  includes,
  isArray,
  isGlobalName,
  isMap,
  isModuleNamespaceObject,
  isOpaque,
  isOrdinary,
  isProxy,
  isSet,
  mapEntries,
  mapGet,
  mapNext,
  mapPrototype,
  mapSet,
  mapSize,
  moduleCache,
  now,
  objectPrototype,
  ownKeys,
  ownValue,
  processObject,
  realm,
  seenAdd,
  seenHas,
  setNext,
  setPrototype,
  setSize,
  setValues,
  slice,
  startsWith,
  weakMapGet,
  weakMapSet,
} from '../inspector/intrinsics'
import {
  isData,
  isIdentifier,
  nameOf,
  nameOfFunction,
  renderStart,
  renderStep,
  type Step,
  type StepKind,
} from './object-path'
import { type TimerList, timerLists } from './timer-lists'
import type { FunctionFacts, WalkMemory } from './walk-memory'

export type ContainerKind = 'Map' | 'Set' | 'Array' | 'Object' | 'Timers'

/** The first name of a path: a variable and the function in whose scope it was found. */
export interface Variable {
  readonly name: string
  /** Of the scope, as V8 says it: `Closure (session)`, `Module`; '' for a property of a global. */
  readonly scope: string
  /** The function that sees it; null for globals. */
  readonly seenFrom: FunctionPosition | null
  readonly url: string
}

export interface Container {
  /** The same in the next look for the same object. */
  readonly id: number
  /** The same in the next look for another object in the same place. */
  readonly place: string
  readonly path: string
  readonly kind: ContainerKind
  readonly size: number
  readonly variable: Variable
  /** Steps from the variable. */
  readonly steps: number
  /** Of containers added up: the id of the container they are in; 0 else. */
  readonly within: number
  /** What an entry weighs by itself, bytes; Infinity where entries hold objects. */
  readonly entryBytes: number
  /** Entries it may come to, by what its owner says. */
  readonly capacity: Capacity
}

export interface WalkBounds {
  readonly ms: number
  readonly objects: number
  readonly functions: number
}

/** Where a walk begins: a function, or an object under a name. */
export interface Root {
  readonly value: object
  /** Of an object; a function's scopes name what is found. */
  readonly name: string
  /** Steps that it counts for already: what is far from the leak is visited last. */
  readonly far: number
}

export interface Walked {
  readonly containers: readonly Container[]
  /** What was cut off: '' or a bound's name. */
  readonly cut: '' | 'time' | 'objects' | 'functions'
  readonly objects: number
  readonly functions: number
  readonly ms: number
}

/** Containers smaller than this are not told of: a leak's have grown before anybody asks. */
export const MIN_SIZE = 8
/** Steps from a variable, at most. */
const MAX_STEPS = 8
/** What the closures of a package lead to is its own business: one is entered, not the next. */
const MAX_HOPS = 0
/** Entries of a larger container are not visited; they are what it holds, not how it is built. */
const MAX_ENTRIES = 32
const MAX_KEYS = 256
/** Containers within a container are added up where these are all of them. */
const MAX_SUMMED = 2000
/** Private fields asked for, objects and look. */
const MAX_INSTANCES = 200
const NATIVE_END = '[native code] }'

interface Node extends Step {
  readonly value: object
  readonly before: Node | null
  readonly steps: number
  /** Closures of packages on the way. */
  readonly hops: number
  /** Null for a function that a walk begins with: its scopes hold the variables. */
  readonly variable: Variable | null
}

export interface WalkOptions {
  readonly inspection: Inspection
  readonly memory: WalkMemory
  readonly bounds: WalkBounds
  /** Whether a script is memprof's: its functions are not looked into. */
  readonly isOwn: (url: string) => boolean
  /** The exports of all modules too. */
  readonly everywhere: boolean
}

export function walk(roots: readonly Root[], options: WalkOptions): Walked {
  return new Walk(options).run(roots)
}

/** Text of a function that is kept to search for names, characters. */
const MAX_TEXT_CHARS = 20_000

class Walk {
  readonly #options: WalkOptions
  readonly #seen: Set<object> = new Set()
  /** By steps: what is near is visited first. */
  readonly #levels: Node[][] = []
  readonly #found: Container[] = []
  /** Private fields that were read, by their owners. */
  readonly #privates = new WeakMap<object, readonly Field[]>()
  #objects = 0
  #functions = 0
  #instances = 0
  #cut: Walked['cut'] = ''
  readonly #beganMs = now()

  constructor(options: WalkOptions) {
    this.#options = options
    for (let at = 0; at <= MAX_STEPS; at++) this.#levels[at] = []
  }

  run(roots: readonly Root[]): Walked {
    // What must not be entered: the environment is the system's, the rest has its own treatment.
    seenAdd(this.#seen, environment)
    seenAdd(this.#seen, realm)
    seenAdd(this.#seen, processObject)
    seenAdd(this.#seen, moduleCache)
    this.#passBuiltins()
    for (let at = 0; at < roots.length; at++) {
      const { value, name, far } = roots[at]!
      const variable = name === '' ? null : { name, scope: '', seenFrom: null, url: '' }
      this.#add(value, null, 'root', name, far, variable)
    }
    this.#addGlobals()
    if (this.#options.everywhere) this.#addModules()
    for (let level = 0; level <= MAX_STEPS; level++) {
      const nodes = this.#levels[level]!
      for (let at = 0; at < nodes.length && !this.#isOver(); at++) this.#visit(nodes[at]!)
    }
    if (this.#cut !== 'time') this.#countTimers()
    this.#options.memory.looks++
    return {
      containers: this.#found,
      cut: this.#cut,
      objects: this.#objects,
      functions: this.#functions,
      ms: now() - this.#beganMs,
    }
  }

  /** Node's own modules hold many functions, and nothing of the app's. */
  #passBuiltins(): void {
    const { builtins } = this.#options.memory
    for (let at = 0; at < builtins.length; at++) {
      seenAdd(this.#seen, builtins[at]!)
      const keys = ownKeys(builtins[at]!)
      for (let index = 0; index < keys.length; index++) {
        const value = ownValue(builtins[at]!, keys[index]!)
        if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
          seenAdd(this.#seen, value)
        }
      }
    }
  }

  #isOver(): boolean {
    const { bounds } = this.#options
    if (this.#objects >= bounds.objects) this.#cut = 'objects'
    // The clock is asked now and then: it costs as much as a small object.
    else if (this.#objects % 16 === 0 && now() - this.#beganMs > bounds.ms) this.#cut = 'time'
    return this.#cut === 'time' || this.#cut === 'objects'
  }

  #add(
    value: unknown,
    before: Node | null,
    step: StepKind,
    name: string,
    steps: number,
    variable: Variable | null,
    hops = before?.hops ?? 0,
  ): void {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
    if (steps > MAX_STEPS || isProxy(value) || seenHas(this.#seen, value)) return
    const level = this.#levels[steps]!
    level[level.length] = { value, before, step, name, steps, hops, variable }
  }

  #urlOf(position: FunctionPosition | null): string {
    return position ? (mapGet(this.#options.memory.urls, position.scriptId) ?? '') : ''
  }

  #isClosed(url: string): boolean {
    return startsWith(url, 'node:') || this.#options.isOwn(url)
  }

  #next(node: Node, value: unknown, step: StepKind, name: string): void {
    this.#add(value, node, step, name, node.steps + 1, node.variable)
  }

  #visit(node: Node): void {
    const { value } = node
    // Found again, and nearer, after it was put in line.
    if (seenHas(this.#seen, value)) return
    seenAdd(this.#seen, value)
    this.#objects++
    if (typeof value === 'function') this.#visitFunction(node)
    else if (isMap(value)) this.#visitMap(node)
    else if (isSet(value)) this.#visitSet(node)
    else if (isArray(value)) this.#visitArray(node, value)
    else if (isModuleNamespaceObject(value)) this.#visitNamespace(node)
    else if (!isOpaque(value) && isOrdinary(value)) this.#visitObject(node)
  }

  #visitMap(node: Node): void {
    const { value } = node
    const size = mapSize(value)
    this.#tell(node, 'Map', size, mapSample)
    if (size <= MAX_ENTRIES) {
      const entries = mapEntries(value)
      for (let at = 0; at < MAX_ENTRIES; at++) {
        const { done, value: entry } = mapNext(entries)
        if (done) break
        const pair = entry as Pair
        this.#next(node, pair[1], 'entry', `${at}`)
        this.#next(node, pair[0], 'entry', `key ${at}`)
      }
    } else if (size <= MAX_SUMMED) {
      const sum = new CollectionSum()
      const entries = mapEntries(value)
      for (let at = 0; at < MAX_SUMMED && !sum.isHopeless; at++) {
        const { done, value: entry } = mapNext(entries)
        if (done) break
        sum.add((entry as Pair)[1])
      }
      this.#tellSum(node, '.get(…)', sum)
    }
    if (getPrototypeOf(value) !== mapPrototype && isOrdinary(value)) this.#visitProperties(node)
  }

  #visitSet(node: Node): void {
    const { value } = node
    const size = setSize(value)
    this.#tell(node, 'Set', size, setSample)
    if (size <= MAX_ENTRIES) {
      const values = setValues(value)
      for (let at = 0; at < MAX_ENTRIES; at++) {
        const { done, value: held } = setNext(values)
        if (done) break
        this.#next(node, held, 'entry', `${at}`)
      }
    }
    if (getPrototypeOf(value) !== setPrototype && isOrdinary(value)) this.#visitProperties(node)
  }

  #visitArray(node: Node, value: readonly unknown[]): void {
    const length = ownValue(value, 'length') as number
    this.#tell(node, 'Array', length, arraySample)
    if (length <= MAX_ENTRIES) {
      for (let at = 0; at < length; at++) {
        this.#next(node, ownValue(value, at), 'element', `${at}`)
      }
    } else if (length <= MAX_SUMMED) {
      const sum = new CollectionSum()
      for (let at = 0; at < length && !sum.isHopeless; at++) sum.add(ownValue(value, at))
      this.#tellSum(node, '[…]', sum)
    }
    if (getPrototypeOf(value) !== arrayPrototype && length <= MAX_KEYS && isOrdinary(value)) {
      this.#visitProperties(node)
    }
  }

  #visitObject(node: Node): void {
    const { value } = node
    const keys = enumerableKeys(value)
    this.#tell(node, 'Object', keys.length, (value) => objectSample(value, keys))
    if (keys.length <= MAX_KEYS) {
      this.#visitProperties(node)
    } else if (keys.length <= MAX_SUMMED) {
      const sum = new CollectionSum()
      for (let at = 0; at < keys.length && !sum.isHopeless; at++) {
        sum.add(ownValue(value, keys[at]!))
      }
      this.#tellSum(node, '[…]', sum)
    }
    if (keys.length <= MAX_KEYS && this.#mayHavePrivates(value)) this.#visitPrivates(node)
  }

  /** Own properties, hidden ones and symbols too. */
  #visitProperties(node: Node): void {
    const keys = ownKeys(node.value)
    const isList = isArray(node.value)
    const isFunction = typeof node.value === 'function'
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!
      if (isList && typeof key === 'string' && !isIdentifier(key)) continue
      if (isFunction && key === 'prototype') continue
      const value = ownValue(node.value, key)
      if (typeof value === 'object' || typeof value === 'function') {
        this.#next(node, value, isData(key, keys.length) ? 'key' : 'property', nameOf(key))
      }
    }
  }

  /** A name not yet bound would throw, and a module whose evaluation was put off would begin it. */
  #visitNamespace(node: Node): void {
    if (ownValue(node.value, Symbol.toStringTag) !== 'Module') return
    const keys = ownKeys(node.value)
    for (let at = 0; at < keys.length && at < MAX_KEYS; at++) {
      try {
        this.#next(node, ownValue(node.value, keys[at]!), 'property', nameOf(keys[at]!))
      } catch {
        // Not bound yet.
      }
    }
  }

  #mayHavePrivates(value: object): boolean {
    const prototype = getPrototypeOf(value)
    if (prototype === null || prototype === objectPrototype) return false
    const known = weakMapGet(this.#options.memory.hasPrivates, prototype) as boolean | undefined
    if (known !== undefined) return known
    let has = false
    let at: object | null = prototype
    while (at !== null && at !== objectPrototype && !has) {
      const constructor = ownValue(at, 'constructor')
      has =
        typeof constructor === 'function' &&
        !isProxy(constructor) &&
        includes(functionText(constructor), '#')
      at = getPrototypeOf(at)
    }
    weakMapSet(this.#options.memory.hasPrivates, prototype, has)
    return has
  }

  #visitPrivates(node: Node): void {
    if (this.#instances >= MAX_INSTANCES) return
    this.#instances++
    const fields = this.#options.inspection.privateFields(node.value)
    weakMapSet(this.#privates, node.value, fields)
    for (let at = 0; at < fields.length; at++) {
      this.#next(node, fields[at]!.value, 'private', fields[at]!.name)
    }
  }

  #visitFunction(node: Node): void {
    const { memory } = this.#options
    const known = weakMapGet(memory.functions, node.value) as FunctionFacts | undefined
    if (known?.closed) return
    const shut = (known && !known.useful) || node.hops > MAX_HOPS
    const opened = shut ? null : this.#open(node.value, known)
    // Functions are dictionaries too, now and then.
    const keys = enumerableKeys(node.value)
    const own = node.variable ? node : { ...node, variable: this.#variableOf(node.value, opened) }
    this.#tell(own, 'Object', keys.length, (value) => objectSample(value, keys))
    if (keys.length <= MAX_KEYS) this.#visitProperties(own)
    if (!opened) return
    for (let at = 0; at < opened.scopes.length; at++) {
      this.#addVariables(node, opened.scopes[at]!, opened.position)
    }
    weakMapSet(this.#privates, node.value, opened.privates)
    for (let at = 0; at < opened.privates.length; at++) {
      this.#next(own, opened.privates[at]!.value, 'private', opened.privates[at]!.name)
    }
    const bound = opened.boundArguments
    for (let at = 0; bound && at < bound.length && at < MAX_ENTRIES; at++) {
      this.#next(own, bound[at], 'bound', `${at}`)
    }
    if (opened.boundFunction) this.#next(own, opened.boundFunction, 'bound', 'target')
  }

  /** @returns null for natives, Node's and memprof's own functions, and beyond the bound */
  #open(value: object, known: FunctionFacts | undefined): OpenFunction | null {
    const { memory, bounds, inspection } = this.#options
    const text = functionText(value)
    if (endsWith(text, NATIVE_END) && !isBound(value)) return null
    if (this.#functions >= bounds.functions) {
      this.#cut ||= 'functions'
      return null
    }
    this.#functions++
    const opened = inspection.open(value, (position) => !this.#isClosed(this.#urlOf(position)))
    const closed = opened === null || this.#isClosed(this.#urlOf(opened.position))
    if (!known) weakMapSet(memory.functions, value, { id: memory.nextId++, useful: false, closed })
    if (closed) return null
    this.#keepText(opened.position, text)
    return opened
  }

  #variableOf(value: object, opened: OpenFunction | null): Variable {
    const name = nameOfFunction(value) || '(anonymous)'
    const seenFrom = opened?.position ?? null
    return { name, scope: '', seenFrom, url: this.#urlOf(seenFrom) }
  }

  #keepText(position: FunctionPosition | null, text: string): void {
    if (!position) return
    const key = `${position.scriptId}:${position.lineNumber}:${position.columnNumber}`
    const { texts } = this.#options.memory
    if (mapGet(texts, key) === '') mapSet(texts, key, slice(text, 0, MAX_TEXT_CHARS))
  }

  #addVariables(
    node: Node,
    { description, object }: Scope,
    seenFrom: FunctionPosition | null,
  ): void {
    if (startsWith(description, 'Global')) return
    const url = this.#urlOf(seenFrom)
    const inPackage = includes(url, '/node_modules/')
    const names = ownKeys(object)
    for (let at = 0; at < names.length && !this.#isOver(); at++) {
      const name = nameOf(names[at]!)
      const value = ownValue(object, names[at]!)
      if (typeof value !== 'object' && typeof value !== 'function') continue
      // In a package's closure, the variable of the app's that leads there says more.
      const keep = inPackage && node.variable !== null
      const variable = keep ? node.variable : { name, scope: description, seenFrom, url }
      const steps = node.steps + (node.before ? 1 : 0)
      this.#add(value, node, 'variable', name, steps, variable, node.hops + (inPackage ? 1 : 0))
    }
  }

  /** What the app has put on the global object, and what hangs on `process`. */
  #addGlobals(): void {
    const names = ownKeys(realm)
    for (let at = 0; at < names.length; at++) {
      const key = names[at]!
      if (isGlobalName(key)) continue
      const name = nameOf(key)
      const variable = { name: `globalThis.${name}`, scope: '', seenFrom: null, url: '' }
      this.#add(ownValue(realm, key), null, 'property', name, 1, variable)
    }
    const variable = { name: 'process', scope: '', seenFrom: null, url: '' }
    const events = ownValue(processObject, '_events')
    this.#add(events, null, 'property', '_events', 1, variable)
  }

  /** Exports of CommonJS modules: those of the app first. */
  #addModules(): void {
    const files = isProxy(moduleCache) ? [] : enumerableKeys(moduleCache)
    for (let at = 0; at < files.length; at++) {
      const file = files[at]!
      const module = ownValue(moduleCache, file)
      if (typeof module !== 'object' || module === null || isProxy(module)) continue
      if (this.#options.isOwn(file)) continue
      const inPackage = includes(file, '/node_modules/')
      const variable = { name: 'module.exports', scope: 'Module', seenFrom: null, url: file }
      this.#add(ownValue(module, 'exports'), null, 'root', '', inPackage ? 3 : 2, variable)
    }
  }

  #countTimers(): void {
    const { inspection, bounds } = this.#options
    const lists = timerLists(inspection, () => {
      const isLate = now() - this.#beganMs > bounds.ms
      if (isLate) this.#cut = 'time'
      return isLate
    })
    for (let at = 0; at < lists.length; at++) this.#tellTimers(lists[at]!)
  }

  #tellTimers({ list, duration, repeats, size, callback }: TimerList): void {
    if (size < MIN_SIZE) return
    const position = this.#options.inspection.locate(callback)
    const url = this.#urlOf(position)
    if (!position || this.#isClosed(url)) return
    const path = `${repeats ? 'setInterval' : 'setTimeout'} timers of ${duration} ms`
    this.#found[this.#found.length] = {
      id: this.#idOf(list),
      place: path,
      path,
      kind: 'Timers',
      size,
      variable: { name: nameOfFunction(callback), scope: 'Timer', seenFrom: position, url },
      steps: 0,
      within: 0,
      entryBytes: Number.POSITIVE_INFINITY,
      capacity: UNBOUNDED,
    }
  }

  #tell(
    node: Node,
    kind: ContainerKind,
    size: number,
    sample: (value: object) => readonly unknown[],
  ): void {
    if (size < MIN_SIZE || !node.variable) return
    const entryBytes = weigh(sample(node.value))
    this.#record(node, '', kind, size, this.#idOf(node.value), entryBytes)
  }

  #tellSum(node: Node, suffix: string, { containers, size }: CollectionSum): void {
    if (containers > 0 && size >= MIN_SIZE) {
      this.#record(node, suffix, 'Array', size, 0, Number.POSITIVE_INFINITY)
    }
  }

  #record(
    node: Node,
    suffix: string,
    kind: ContainerKind,
    size: number,
    id: number,
    entryBytes: number,
  ): void {
    const { variable } = node
    if (!variable) return
    const { path, place, steps } = this.#describe(node)
    this.#found[this.#found.length] = {
      id,
      place: place + suffix,
      path: path + suffix,
      kind,
      size,
      variable,
      steps: steps + (suffix === '' ? 0 : 1),
      within: suffix === '' ? 0 : this.#idOf(node.value),
      entryBytes,
      capacity: suffix === '' ? this.#capacityOf(node, size) : UNBOUNDED,
    }
  }

  /** By the object whose property or private field it is, and that one's `options`. */
  #capacityOf({ before, step }: Node, size: number): Capacity {
    if (!before || (step !== 'property' && step !== 'private')) return UNBOUNDED
    const fields = this.#fieldsOf(before.value)
    const capacity = capacityOf(fields, size)
    if (capacity.entries < Number.POSITIVE_INFINITY) return capacity
    for (let at = 0; at < fields.length; at++) {
      const { name, value } = fields[at]!
      if (name === 'options') return capacityOf(this.#fieldsOf(value), size)
    }
    return capacity
  }

  /** Own properties, and the private fields where they were read. */
  #fieldsOf(owner: unknown): Field[] {
    const fields: Field[] = []
    if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null) return fields
    // Not every name of a module is bound yet, and asking for one that is not throws.
    if (isProxy(owner) || isModuleNamespaceObject(owner) || isOpaque(owner)) return fields
    if (arrayLength(owner) > MAX_KEYS || enumerableKeys(owner).length > MAX_KEYS) return fields
    if (!isOrdinary(owner)) return fields
    const keys = ownKeys(owner)
    for (let at = 0; at < keys.length && at < MAX_KEYS; at++) {
      const key = keys[at]!
      fields[at] = { name: nameOf(key), value: ownValue(owner, key) }
    }
    const privates = (weakMapGet(this.#privates, owner) ?? []) as readonly Field[]
    for (let at = 0; at < privates.length; at++) fields[fields.length] = privates[at]!
    return fields
  }

  #idOf(value: object): number {
    const { memory } = this.#options
    const known = weakMapGet(memory.ids, value) as number | undefined
    if (known !== undefined) return known
    const id = memory.nextId++
    weakMapSet(memory.ids, value, id)
    return id
  }

  /** The path from the variable, and marks the functions on the way as worth another look. */
  #describe(node: Node): { path: string; place: string; steps: number } {
    const { memory } = this.#options
    const { variable } = node
    let path = ''
    let place = ''
    let steps = 0
    let done = false
    for (let at: Node | null = node; at !== null; at = at.before) {
      if (typeof at.value === 'function' && at !== node) {
        const facts = weakMapGet(memory.functions, at.value) as FunctionFacts | undefined
        if (facts) {
          facts.useful = true
          place = `f${facts.id}|${place}`
        }
      }
      place = `${at.step} ${at.name}|${place}`
      if (done) continue
      const first = at.step === 'variable' && at.before?.variable !== variable
      const isStart = first || at.before === null
      path = (isStart ? renderStart(at, variable!.name) : renderStep(at)) + path
      steps++
      done = isStart
    }
    return { path, place, steps: steps - 1 }
  }
}

function isBound(of: object): boolean {
  const descriptor = getOwnPropertyDescriptor(of, 'name')
  const name = descriptor && hasOwn(descriptor, 'value') ? (descriptor.value as unknown) : ''
  return typeof name === 'string' && startsWith(name, 'bound ')
}
