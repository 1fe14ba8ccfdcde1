/** What a look at the app's objects tells of one container, and of the variable that leads to it. */
import type { FunctionPosition } from '../inspector/stack-frame'
import type { Capacity } from './capacity'

/** Containers with fewer entries are left out: a leak's have grown before anybody looks. */
export const MIN_ENTRIES = 8

export type ContainerKind = 'Map' | 'Set' | 'Array' | 'Object' | 'LinkedList' | 'Timers'

/** The first name of a path: a variable and the function in whose scope it was found. */
export interface Variable {
  readonly name: string
  /** The scope as V8 names it: `Closure (session)`, `Module`; '' for a property of a global object. */
  readonly scope: string
  /** The function in whose scopes the variable was found; null for globals. */
  readonly seenFrom: FunctionPosition | null
  /** The script of that function. */
  readonly url: string
}

export interface Container {
  /** Names the object: the same number in every look of one search; 0 for added-up containers. */
  readonly id: number
  /** Names the way to it: the same in every look, also where another object has taken its place. */
  readonly pathKey: string
  /** The way to it as a reader is told it. */
  readonly path: string
  readonly kind: ContainerKind
  /** Entries; for an object its enumerable keys. */
  readonly size: number
  readonly variable: Variable
  /** Steps from the variable. */
  readonly steps: number
  /** Where the containers inside a container are added up, the id of the outer one; else 0. */
  readonly within: number
  /** Bytes of a mean entry without what objects weigh; Infinity where entries hold objects. */
  readonly entryBytes: number
  /** Entries it may come to, as its owner says. */
  readonly capacity: Capacity
}
