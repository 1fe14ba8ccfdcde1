/** What is remembered from one look at the app's objects to the next; the app's objects only weakly. */
import { loadedBuiltins } from '../inspector/intrinsics'

export interface FunctionFacts {
  readonly id: number
  /** Whether its scopes led to a container when they were last read. */
  ledToContainer: boolean
  /** Whether it is Node's own, memprof's, or one that cannot be asked. */
  readonly isClosed: boolean
}

export interface WalkMemory {
  /** Numbers by which containers are known again. */
  readonly ids: WeakMap<object, number>
  /** The containers by their numbers. */
  readonly containers: Map<number, WeakRef<object>>
  readonly functions: WeakMap<object, FunctionFacts>
  /** By prototype, whether a class of the chain declares `#private` fields. */
  readonly hasPrivates: WeakMap<object, boolean>
  /** Texts of the functions that are wanted, by `positionKey`; '' until a walk meets the function. */
  readonly texts: Map<string, string>
  /** Scripts, by id. */
  readonly urls: Map<string, string>
  /** Exports of Node's own modules. */
  readonly builtins: readonly object[]
  nextId: number
}

export function newMemory(): WalkMemory {
  return {
    ids: new WeakMap(),
    containers: new Map(),
    functions: new WeakMap(),
    hasPrivates: new WeakMap(),
    texts: new Map(),
    urls: new Map(),
    builtins: loadedBuiltins(),
    nextId: 1,
  }
}
