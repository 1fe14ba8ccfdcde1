/**
 * Clocks and timers as the runtime made them, taken when the preload runs. Tests of an app put others
 * in their place, which stand still until they are moved and would count memprof's timers as the app's.
 */
import { performance as runtime } from 'node:perf_hooks'

type Clock = Pick<typeof runtime, 'now' | 'eventLoopUtilization'>

export const performance: Clock = {
  now: runtime.now.bind(runtime),
  eventLoopUtilization: runtime.eventLoopUtilization.bind(runtime),
}
/** ms since 1970, for what a line or a name tells. */
export const dateNow: () => number = Date.now

export const setImmediate: typeof globalThis.setImmediate = globalThis.setImmediate
export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout
export const setInterval: typeof globalThis.setInterval = globalThis.setInterval
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout
export const clearInterval: typeof globalThis.clearInterval = globalThis.clearInterval
