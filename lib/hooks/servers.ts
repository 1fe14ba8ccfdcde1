/**
 * The prototypes through which HTTP servers emit. `net.Server.prototype` lies under http.Server,
 * https.Server and their subclasses alike, so one patch serves them all, for `require` and `import`,
 * without loading https (and its crypto) into a process that does not want it.
 */
import type { AnyFunction } from './listener'

export interface Emitting {
  emit: AnyFunction
}

export function serverPrototype(): Emitting {
  return (require('node:net') as typeof import('node:net')).Server.prototype as Emitting
}

/**
 * Classes of servers that have an `emit` of their own: an agent that was here first has put it there,
 * and it passes by the one below. Only where they are loaded already; `moduleLoadList` is Node's own.
 */
export function passedBy(): Emitting[] {
  const { moduleLoadList = [] } = process as { moduleLoadList?: readonly string[] }
  const classes: Array<{ prototype: object }> = []
  if (moduleLoadList.includes('NativeModule _http_server')) {
    classes.push((require('node:http') as typeof import('node:http')).Server)
  }
  if (moduleLoadList.includes('NativeModule https')) {
    classes.push((require('node:https') as typeof import('node:https')).Server)
  }
  return classes
    .map(({ prototype }) => prototype as Emitting)
    .filter((prototype) => Object.hasOwn(prototype, 'emit'))
}
