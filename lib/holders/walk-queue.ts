/**
 * The objects that a walk has in line, nearest first, and those it has visited: a bound that cuts the
 * walk off leaves out what lies deepest.
 */
import { isProxy, seenAdd, setHas } from '../inspector/intrinsics'
import type { Variable } from './container'
import type { Step, StepKind } from './object-path'

/**
 * Steps from a variable, at most. The deepest holder in the leak corpus is three steps away
 * (`messages.store.data.en`); each further step multiplies the objects.
 */
export const MAX_STEPS = 8

/** An object in line, and the step by which it was reached. */
export interface Node extends Step {
  readonly value: object
  /** The node whose object led to this one; null for a root. */
  readonly before: Node | null
  /** Steps from the variable, and those its root was sent ahead with. */
  readonly steps: number
  /** Whether the way led through a closure of a package's function. */
  readonly isInPackage: boolean
  /** The variable at which the path begins; null for a function as root, whose scopes hold variables. */
  readonly variable: Variable | null
}

export class WalkQueue {
  readonly #visited: Set<object> = new Set()
  /** One list of nodes per number of steps. */
  readonly #levels: Node[][] = []

  constructor() {
    for (let steps = 0; steps <= MAX_STEPS; steps++) this.#levels[steps] = []
  }

  /** Objects at so many steps; the list may still grow while it is walked through. */
  level(steps: number): readonly Node[] {
    return this.#levels[steps]!
  }

  /** Keeps an object from ever being visited. */
  skip(value: object): void {
    seenAdd(this.#visited, value)
  }

  /** @returns false where the object was visited since it was put in line: by another, shorter way */
  visit(value: object): boolean {
    if (setHas(this.#visited, value)) return false
    seenAdd(this.#visited, value)
    return true
  }

  addRoot(
    value: unknown,
    step: StepKind,
    name: string,
    steps: number,
    variable: Variable | null,
  ): void {
    this.#add(value, null, step, name, steps, variable, false)
  }

  /** A variable in the scopes of the function `before`. */
  addVariable(
    value: unknown,
    before: Node,
    name: string,
    steps: number,
    variable: Variable | null,
    isOfPackage: boolean,
  ): void {
    const isInPackage = isOfPackage || before.isInPackage
    this.#add(value, before, 'variable', name, steps, variable, isInPackage)
  }

  /**
   * What the object of a node refers to: one step further on. Written out, for it is called with every
   * property and entry: by way of `#add` a walk takes 2 % more instructions.
   */
  addNext(node: Node, value: unknown, step: StepKind, name: string): void {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
    const steps = node.steps + 1
    if (steps > MAX_STEPS || isProxy(value) || setHas(this.#visited, value)) return
    const { variable, isInPackage } = node
    const level = this.#levels[steps]!
    level[level.length] = { value, before: node, step, name, steps, isInPackage, variable }
  }

  #add(
    value: unknown,
    before: Node | null,
    step: StepKind,
    name: string,
    steps: number,
    variable: Variable | null,
    isInPackage: boolean,
  ): void {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
    if (steps > MAX_STEPS || isProxy(value) || setHas(this.#visited, value)) return
    const level = this.#levels[steps]!
    level[level.length] = { value, before, step, name, steps, isInPackage, variable }
  }
}
