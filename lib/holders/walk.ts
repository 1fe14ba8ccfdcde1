/**
 * From functions to the variables of their scopes, and from there a few steps over objects, to every
 * container on the way. Reads values in the process itself and asks the inspector only for what
 * JavaScript cannot see: scopes, private fields, bound arguments. Runs no code of the app's: no getter,
 * no trap of a proxy, no iterator, no function that the app could have put in an intrinsic's place.
 *
 *     order()  ->  [[Scopes]]  ->  trail: Map(5833)            path  trail
 *                              ->  bus: EventEmitter
 *                                    _events: {}
 *                                      news: Array(4101)       path  bus._events.news
 *
 *     roots       put in line what a walk begins with           roots.ts, timer-lists.ts
 *     queue       objects in line, nearest first                walk-queue.ts
 *     visitors    note containers, put in line what follows     visit-shapes.ts, visit-function.ts
 *     findings    the containers, with path, size, capacity     findings.ts
 *     budget      objects, functions and time spent             walk-budget.ts
 */
import type { Inspection } from '../inspector/inspection'
import { type Container, MIN_ENTRIES } from './container'
import { Findings } from './findings'
import { PrivateFields } from './private-fields'
import { addGlobals, addModules, addRoots, addTimers, type Root, skipRuntime } from './roots'
import { type TimerList, timerLists } from './timer-lists'
import { visitFunction } from './visit-function'
import { visitObject } from './visit-shapes'
import { type Cut, WalkBudget, type WalkBounds } from './walk-budget'
import { isClosed, urlOf, type WalkContext } from './walk-context'
import type { WalkMemory } from './walk-memory'
import { MAX_STEPS, WalkQueue } from './walk-queue'

export interface WalkOptions {
  readonly inspection: Inspection
  readonly memory: WalkMemory
  readonly bounds: WalkBounds
  /** Whether a script is memprof's: its functions are not looked into. */
  readonly isOwn: (url: string) => boolean
  /** Whether the exports of all modules are roots too. */
  readonly everywhere: boolean
  /** Whether what timers call is a root too. */
  readonly fromTimers: boolean
}

export interface Walked {
  readonly containers: readonly Container[]
  readonly cut: Cut
  readonly objects: number
  readonly functions: number
  readonly ms: number
}

export function walk(roots: readonly Root[], options: WalkOptions): Walked {
  const { inspection, memory, isOwn } = options
  const budget = new WalkBudget(options.bounds)
  const queue = new WalkQueue()
  const privates = new PrivateFields(inspection, memory)
  const findings = new Findings(memory, privates)
  const context = { inspection, memory, isOwn, budget, queue, privates, findings }

  skipRuntime(context)
  const timers = timerLists(inspection, () => budget.isLate())
  addRoots(queue, roots)
  if (options.fromTimers) addTimers(queue, timers)
  addGlobals(queue)
  if (options.everywhere) addModules(context)
  for (let steps = 0; steps <= MAX_STEPS; steps++) {
    const nodes = queue.level(steps)
    for (let at = 0; at < nodes.length && !budget.isSpent(); at++) {
      const node = nodes[at]!
      if (!queue.visit(node.value)) continue
      budget.objects++
      if (typeof node.value === 'function') visitFunction(context, node)
      else visitObject(context, node)
    }
  }
  noteTimers(context, timers)
  return {
    containers: findings.containers,
    cut: budget.cut,
    objects: budget.objects,
    functions: budget.functions,
    ms: budget.spentMs(),
  }
}

/** Timers are in no variable of the app's: Node's own lists are noted, but for those of Node itself. */
function noteTimers(context: WalkContext, lists: readonly TimerList[]): void {
  const { inspection, findings } = context
  for (let at = 0; at < lists.length; at++) {
    if (lists[at]!.size < MIN_ENTRIES) continue
    const position = inspection.locate(lists[at]!.callback)
    const url = urlOf(context, position)
    if (position && !isClosed(context, url)) findings.addTimers(lists[at]!, position, url)
  }
}
