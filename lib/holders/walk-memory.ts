/** What is remembered from one look at the app's objects to the next. */
import { loadedBuiltins } from '../inspector/intrinsics'

/** Of a function. */
export interface FunctionFacts {
  readonly id: number
  /** Its scopes led to a container, the last time they were read. */
  useful: boolean
  /** Node's own, memprof's, or one that cannot be asked. */
  readonly closed: boolean
}

export interface WalkMemory {
  readonly ids: WeakMap<object, number>
  readonly functions: WeakMap<object, FunctionFacts>
  readonly hasPrivates: WeakMap<object, boolean>
  /** Positions of functions whose text is wanted, and what was found. */
  readonly texts: Map<string, string>
  readonly urls: Map<string, string>
  readonly builtins: readonly object[]
  nextId: number
  looks: number
}

export function newMemory(): WalkMemory {
  return {
    ids: new WeakMap(),
    functions: new WeakMap(),
    hasPrivates: new WeakMap(),
    texts: new Map(),
    urls: new Map(),
    builtins: loadedBuiltins(),
    nextId: 1,
    looks: 0,
  }
}
