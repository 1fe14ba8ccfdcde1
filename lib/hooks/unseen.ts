/**
 * A framework that no hook saw as it was loaded: bundled with the app's own code, where it is no file
 * of a package any more. Its requests are measured, its routes guessed from their URLs: to be said.
 */
import { EventEmitter } from 'node:events'
import type { HookReport } from './modules'

/** Without calling anything of theirs: a property of the function itself, and no accessor. */
function ownValue(fn: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(fn, key)?.value
}

/** Apps of Express and Connect are functions that carry their methods; those of others show nothing. */
function frameworkOf(listener: object): 'express' | 'connect' | null {
  const isApp = ['use', 'handle'].every((key) => typeof ownValue(listener, key) === 'function')
  if (!isApp) return null
  return typeof ownValue(listener, 'engine') === 'function' ? 'express' : 'connect'
}

const FAMILY: ReadonlySet<string> = new Set(['express', 'router', 'connect'])

/** The report, and beside it the framework that serves without having been seen. */
export function withUnseen(report: HookReport, server: object): HookReport {
  const known = [...report.hooked, ...report.notHooked].some(({ name }) => FAMILY.has(name))
  if (known || !(server instanceof EventEmitter)) return report
  const listeners = EventEmitter.prototype.listeners.call(server, 'request')
  const name = listeners.map(frameworkOf).find((found) => found !== null)
  if (!name) return report
  const why = 'not loaded as a package (bundled?): its routes are guessed from URLs'
  return { ...report, notHooked: [...report.notHooked, { name, version: 'unknown', why }] }
}
