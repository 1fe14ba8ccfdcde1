/** Where a walk begins, beside what its caller names: the app's timers, globals and modules; not Node's own. */
import {
  enumerableKeys,
  environment,
  includes,
  isGlobalName,
  isProxy,
  moduleCache,
  ownKeys,
  ownValue,
  processObject,
  realm,
} from '../inspector/intrinsics'
import type { Variable } from './container'
import { nameOf } from './object-path'
import type { TimerList } from './timer-lists'
import type { WalkContext } from './walk-context'
import type { WalkQueue } from './walk-queue'

/** A function whose scopes the walk begins with, or an object under a name. */
export interface Root {
  readonly value: object
  /** The name of an object; '' for a function, whose scopes name what is found. */
  readonly name: string
  /** Steps it is sent ahead with: what is less likely to hold the leak is visited later. */
  readonly stepsAhead: number
}

/** Of the modules' exports, those of the app come before those of packages; see `Root.stepsAhead`. */
const APP_MODULE_STEPS = 2
const PACKAGE_MODULE_STEPS = 3
const TIMER_STEPS = 1

export function addRoots(queue: WalkQueue, roots: readonly Root[]): void {
  for (let at = 0; at < roots.length; at++) {
    const { value, name, stepsAhead } = roots[at]!
    queue.addRoot(value, 'root', name, stepsAhead, name === '' ? null : global(name))
  }
}

/** What timers call: all there is of the app in a process that serves nobody. */
export function addTimers(queue: WalkQueue, lists: readonly TimerList[]): void {
  for (let at = 0; at < lists.length; at++) {
    queue.addRoot(lists[at]!.callback, 'root', '', TIMER_STEPS, null)
  }
}

/** What the app has put on the global object, and the listeners of `process`. */
export function addGlobals(queue: WalkQueue): void {
  const names = ownKeys(realm)
  for (let at = 0; at < names.length; at++) {
    const key = names[at]!
    if (isGlobalName(key)) continue
    const name = nameOf(key)
    queue.addRoot(ownValue(realm, key), 'property', name, 1, global(`globalThis.${name}`))
  }
  const events = ownValue(processObject, '_events')
  queue.addRoot(events, 'property', '_events', 1, global('process'))
}

/** Exports of CommonJS modules. */
export function addModules({ queue, isOwn }: Pick<WalkContext, 'queue' | 'isOwn'>): void {
  const files = isProxy(moduleCache) ? [] : enumerableKeys(moduleCache)
  for (let at = 0; at < files.length; at++) {
    const file = files[at]!
    const module = ownValue(moduleCache, file)
    if (typeof module !== 'object' || module === null || isProxy(module)) continue
    if (isOwn(file)) continue
    const steps = includes(file, '/node_modules/') ? PACKAGE_MODULE_STEPS : APP_MODULE_STEPS
    const variable = { name: 'module.exports', scope: 'Module', seenFrom: null, url: file }
    queue.addRoot(ownValue(module, 'exports'), 'root', '', steps, variable)
  }
}

/**
 * What must not be entered: properties of the environment are system calls, the global object, `process`
 * and the cache of modules are roots of their own, and Node's modules hold functions and nothing else.
 */
export function skipRuntime({ queue, memory }: WalkContext): void {
  queue.skip(environment)
  queue.skip(realm)
  queue.skip(processObject)
  queue.skip(moduleCache)
  const { builtins } = memory
  for (let at = 0; at < builtins.length; at++) {
    queue.skip(builtins[at]!)
    const keys = ownKeys(builtins[at]!)
    for (let index = 0; index < keys.length; index++) {
      const value = ownValue(builtins[at]!, keys[index]!)
      if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
        queue.skip(value)
      }
    }
  }
}

function global(name: string): Variable {
  return { name, scope: '', seenFrom: null, url: '' }
}
