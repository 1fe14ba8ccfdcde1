/**
 * Questions to the inspector about the app's own functions and objects, for the length of one
 * synchronous look. The inspector names values by ids; values are handed over to it, and taken back, by
 * way of one function on the global object. The function is there for the length of the look only, in
 * which no code of the app's runs.
 *
 *     fn  --  evaluate `memprof_…()` returns fn  -->  objectId
 *     objectId of [[Scopes]]  --  callFunctionOn `memprof_…(this)`  -->  scopes
 */
import type { Runtime } from 'node:inspector'
import type { Post } from './connection'
import type { FunctionPosition } from './stack-frame'
import { defineProperty, deleteProperty, isInspectable, newGlobalName, realm } from './intrinsics'

/** A property or private field, and its value. */
export interface Field {
  readonly name: string
  readonly value: unknown
}

export interface Scope {
  /** As the inspector names it: `Closure (name)`, `Module`, `Block`, `Global`. */
  readonly description: string
  /** The variables, as properties of an object without prototype. */
  readonly object: object
}

export interface OpenFunction {
  readonly position: FunctionPosition | null
  readonly scopes: readonly Scope[]
  /** `#private` statics of a class. */
  readonly privates: readonly Field[]
  /** Arguments of a bound function; index-addressed. */
  readonly boundArguments: ArrayLike<unknown> | null
  readonly boundFunction: object | null
}

export const OBJECT_GROUP = 'memprof'
/** The name of the function on the global object: one that nobody else would use. */
const NAME = newGlobalName()
const TAKE_THIS = `function(){'use strict';${NAME}(this,arguments)}`
/** Private fields read of one object, at most: a round number. */
const MAX_PRIVATES = 64
/** Times a function may be bound again and still be located: frameworks bind a handler once or twice. */
const MAX_BINDINGS = 8

export class Inspection {
  readonly #post: Post
  #outgoing: unknown = null
  #incoming: unknown = null

  constructor(post: Post) {
    this.#post = post
  }

  /** Runs `work` with the way to the inspector open. @returns null where the global object is sealed */
  run<T>(work: () => T): T | null {
    const handOver = (self?: unknown, others?: unknown): unknown => {
      if (self === undefined) return this.#outgoing
      this.#incoming = { self, others }
      return undefined
    }
    if (!defineProperty(realm, NAME, { value: handOver, configurable: true })) return null
    try {
      return work()
    } finally {
      deleteProperty(realm, NAME)
      this.#outgoing = null
      this.#incoming = null
      this.#post('Runtime.releaseObjectGroup', { objectGroup: OBJECT_GROUP })
    }
  }

  /** Where a function begins; null for natives and for functions that cannot be asked. About 20 us. */
  locate(fn: object): FunctionPosition | null {
    let of: object | null = fn
    for (let bindings = 0; of && bindings < MAX_BINDINGS; bindings++) {
      // A bound function stands nowhere: frameworks bind handlers to the app.
      const found: OpenFunction | null = this.open(of, (position) => position === null)
      if (!found || found.position) return found?.position ?? null
      of = found.boundFunction
    }
    return null
  }

  /**
   * A function's position and, where `wanted` says so of the position, its scopes. About 0.1 ms.
   *
   * @returns null where asking might run code of the app's
   */
  open(
    fn: object,
    wanted: (position: FunctionPosition | null) => boolean = () => true,
  ): OpenFunction | null {
    const properties = this.#inspect(fn)
    if (!properties) return null
    const internal = properties.internalProperties ?? []
    let position: FunctionPosition | null = null
    let scopesId: string | undefined
    let argumentsId: string | undefined
    let targetId: string | undefined
    for (let at = 0; at < internal.length; at++) {
      const { name, value } = internal[at]!
      if (name === '[[FunctionLocation]]') position = (value?.value as FunctionPosition) ?? null
      else if (name === '[[Scopes]]') scopesId = value?.objectId
      else if (name === '[[BoundArgs]]') argumentsId = value?.objectId
      else if (name === '[[TargetFunction]]') targetId = value?.objectId
    }
    if (!wanted(position)) {
      return { position, scopes: [], privates: [], boundArguments: null, boundFunction: null }
    }
    return {
      position,
      scopes: scopesId ? list<Scope>(this.#take(scopesId) as ArrayLike<Scope> | null) : [],
      privates: this.#privates(properties),
      boundArguments: argumentsId ? (this.#take(argumentsId) as ArrayLike<unknown> | null) : null,
      boundFunction: targetId ? (this.#take(targetId) as object | null) : null,
    }
  }

  /** `#private` fields that hold objects or numbers. About 0.1 ms. */
  privateFields(of: object): readonly Field[] {
    const properties = this.#inspect(of)
    return properties ? this.#privates(properties) : []
  }

  /**
   * Every object with that prototype in its chain. Forces several major GCs: about ten times the pause
   * of a reading of the heap.
   */
  allOf(prototype: object): ArrayLike<object> | null {
    const prototypeObjectId = this.#idOf(prototype)
    if (!prototypeObjectId) return null
    const answer = this.#post('Runtime.queryObjects', {
      prototypeObjectId,
      objectGroup: OBJECT_GROUP,
    }) as Runtime.QueryObjectsReturnType | null
    const id = answer?.objects.objectId
    return id ? (this.#take(id) as ArrayLike<object> | null) : null
  }

  #inspect(of: object): Runtime.GetPropertiesReturnType | null {
    if (!isInspectable(of)) return null
    const objectId = this.#idOf(of)
    if (!objectId) return null
    return this.#post('Runtime.getProperties', {
      objectId,
      ownProperties: true,
    }) as Runtime.GetPropertiesReturnType | null
  }

  #privates(properties: Runtime.GetPropertiesReturnType): Field[] {
    const listed = (
      properties as { privateProperties?: Array<{ name: string; value?: Runtime.RemoteObject }> }
    ).privateProperties
    if (!listed) return []
    const names: string[] = []
    const ids: Array<{ objectId: string }> = []
    const fields: Field[] = []
    for (let at = 0; at < listed.length && ids.length < MAX_PRIVATES; at++) {
      const { name, value } = listed[at]!
      if (typeof value?.value === 'number') fields[fields.length] = { name, value: value.value }
      if (!value?.objectId) continue
      names[names.length] = name
      ids[ids.length] = { objectId: value.objectId }
    }
    const values = ids.length > 0 ? this.#takeAll(ids) : null
    for (let at = 0; values && at < names.length; at++) {
      fields[fields.length] = { name: names[at]!, value: values[at] }
    }
    return fields
  }

  #idOf(value: object): string | null {
    this.#outgoing = value
    const answer = this.#post('Runtime.evaluate', {
      expression: `${NAME}()`,
      objectGroup: OBJECT_GROUP,
      silent: true,
    }) as Runtime.EvaluateReturnType | null
    this.#outgoing = null
    return answer?.result.objectId ?? null
  }

  #take(objectId: string): unknown {
    this.#call(objectId, [])
    const taken = this.#incoming as { self: unknown } | null
    this.#incoming = null
    return taken?.self ?? null
  }

  #takeAll(ids: ReadonlyArray<{ objectId: string }>): ArrayLike<unknown> | null {
    this.#call(ids[0]!.objectId, ids)
    const taken = this.#incoming as { others: ArrayLike<unknown> } | null
    this.#incoming = null
    return taken?.others ?? null
  }

  #call(objectId: string, ids: ReadonlyArray<{ objectId: string }>): void {
    this.#incoming = null
    this.#post('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: TAKE_THIS,
      arguments: ids,
      objectGroup: OBJECT_GROUP,
      silent: true,
    })
  }
}

/** An array of the inspector's lists: those have no prototype, and so no methods. */
function list<T>(of: ArrayLike<T> | null): T[] {
  const items: T[] = []
  for (let at = 0; of && at < of.length; at++) items[at] = of[at]!
  return items
}
