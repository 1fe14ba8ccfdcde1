/** The containers that a walk finds: where each stands, how large it is, how large it may become. */
import { mapSet, seenAdd, setHas, weakMapGet, weakMapSet } from '../inspector/intrinsics'
import { type Capacity, capacityByOwner, fieldsOf, UNBOUNDED } from './capacity'
import { type Container, type ContainerKind, MIN_ENTRIES } from './container'
import type { ContainerSum } from './container-size'
import { listSample, type Sample, weigh } from './entry-weight'
import { countElements, lengthSaid } from './linked-list'
import { nameOfFunction, renderStart, renderStep } from './object-path'
import type { PrivateFields } from './private-fields'
import type { TimerList } from './timer-lists'
import type { FunctionFacts, WalkMemory } from './walk-memory'
import type { Node } from './walk-queue'
import type { FunctionPosition } from '../inspector/stack-frame'

const NO_KEYS: readonly string[] = []

export class Findings {
  readonly containers: Container[] = []
  /** Owners of linked lists: a list has two ends. */
  readonly #lists: Set<object> = new Set()
  readonly #memory: WalkMemory
  readonly #privates: PrivateFields

  constructor(memory: WalkMemory, privates: PrivateFields) {
    this.#memory = memory
    this.#privates = privates
  }

  /** @param keys - of an object that serves as a dictionary */
  add(
    node: Node,
    kind: ContainerKind,
    size: number,
    sample: Sample,
    keys: readonly string[] = NO_KEYS,
  ): void {
    if (size < MIN_ENTRIES || !node.variable) return
    const { path, pathKey, steps } = this.#trace(node)
    this.containers[this.containers.length] = {
      id: this.#idOf(node.value),
      pathKey,
      path,
      kind,
      size,
      variable: node.variable,
      steps,
      within: 0,
      entryBytes: weigh(sample(node.value, keys)),
      capacity: this.#capacityOf(node, size),
    }
  }

  /** @param node - an element that many follow: the list is its owner's, or the variable's it is in */
  addList(node: Node, link: string): void {
    const { before, step, value } = node
    const isOwned = before !== null && (step === 'property' || step === 'private')
    const owner = isOwned && typeof before.value !== 'function' ? before : node
    if (setHas(this.#lists, owner.value)) return
    seenAdd(this.#lists, owner.value)
    const said = owner === node ? -1 : lengthSaid(fieldsOf(owner.value, this.#privates))
    this.add(owner, 'LinkedList', said < 0 ? countElements(value, link) : said, listSample)
  }

  /** The containers inside a container as one: a leak may grow in each of them by an entry. */
  addSum(node: Node, step: '.get(…)' | '[…]', { containers, size }: ContainerSum): void {
    if (containers === 0 || size < MIN_ENTRIES || !node.variable) return
    const { path, pathKey, steps } = this.#trace(node)
    this.containers[this.containers.length] = {
      id: 0,
      pathKey: pathKey + step,
      path: path + step,
      kind: 'Array',
      size,
      variable: node.variable,
      steps: steps + 1,
      within: this.#idOf(node.value),
      entryBytes: Number.POSITIVE_INFINITY,
      capacity: UNBOUNDED,
    }
  }

  /** @param seenFrom - where the function stands that the newest timer calls */
  addTimers(timers: TimerList, seenFrom: FunctionPosition, url: string): void {
    const { list, duration, repeats, size, callback } = timers
    const path = `${repeats ? 'setInterval' : 'setTimeout'} timers of ${duration} ms`
    this.containers[this.containers.length] = {
      id: this.#idOf(list),
      pathKey: path,
      path,
      kind: 'Timers',
      size,
      variable: { name: nameOfFunction(callback), scope: 'Timer', seenFrom, url },
      steps: 0,
      within: 0,
      entryBytes: Number.POSITIVE_INFINITY,
      capacity: UNBOUNDED,
    }
  }

  /** By the object whose property or private field the container is. */
  #capacityOf({ before, step }: Node, size: number): Capacity {
    if (!before || (step !== 'property' && step !== 'private')) return UNBOUNDED
    return capacityByOwner(before.value, size, this.#privates)
  }

  #idOf(value: object): number {
    const memory = this.#memory
    const known = weakMapGet(memory.ids, value) as number | undefined
    if (known !== undefined) return known
    const id = memory.nextId++
    weakMapSet(memory.ids, value, id)
    mapSet(memory.containers, id, new WeakRef(value))
    return id
  }

  /**
   * The way back from a node. The path for readers ends at the variable; the path's key goes on to the
   * root, over the functions between, which are marked as worth opening in the next look.
   *
   *     root order  <-  variable bus  <-  property _events  <-  property news
   *     pathKey         |------------------------------------------------->|
   *     path                    bus._events.news
   */
  #trace(node: Node): { path: string; pathKey: string; steps: number } {
    const { variable } = node
    let path = ''
    let pathKey = ''
    let steps = 0
    let isWholePath = false
    for (let at: Node | null = node; at !== null; at = at.before) {
      if (typeof at.value === 'function' && at !== node) {
        const facts = weakMapGet(this.#memory.functions, at.value) as FunctionFacts | undefined
        if (facts) {
          facts.ledToContainer = true
          pathKey = `f${facts.id}|${pathKey}`
        }
      }
      pathKey = `${at.step} ${at.name}|${pathKey}`
      if (isWholePath) continue
      const isVariable = at.step === 'variable' && at.before?.variable !== variable
      const isStart = isVariable || at.before === null
      path = (isStart ? renderStart(at, variable!.name) : renderStep(at)) + path
      steps++
      isWholePath = isStart
    }
    return { path, pathKey, steps: steps - 1 }
  }
}
