/**
 * Layers of frameworks that match a whole path at once: a request has one route, and functions that
 * run for it; nothing is put together from mounts.
 */
import { type AnyFunction, type Frame, type HookListener, type LayerInfo } from './listener'

/** The one owner of such layers: never nested. */
const FLAT: object = {}

/** The path as written: a string, a regular expression, or several of either. */
export function patternText(path: unknown): string {
  if (Array.isArray(path)) return `(${path.map(patternText).join('|')})`
  if (typeof path !== 'string') return String(path)
  // A path that says nothing, '/' or '/users/', is that of its parent.
  return path.endsWith('/') ? path.slice(0, -1) : path
}

/** A route by its whole pattern; its functions are layers of their own. */
export function routeLayer(pattern: unknown): LayerInfo {
  return layer('route', patternText(pattern), '<route>', FLAT)
}

/** A function that runs for one route. */
export function handlerLayer(handle: AnyFunction): LayerInfo {
  return layer('handler', '', nameOf(handle), handle)
}

/** A function that runs for many. */
export function middlewareLayer(handle: AnyFunction, isRouter = false): LayerInfo {
  return { ...layer('mount', '', nameOf(handle), handle), isRouter }
}

function layer(kind: LayerInfo['kind'], pattern: string, name: string, handle: object): LayerInfo {
  return {
    kind,
    owner: FLAT,
    pattern,
    name,
    handle,
    isRouter: false,
    handlesErrors: false,
    memo: null,
  }
}

function nameOf(handle: AnyFunction): string {
  return String(handle.name || '<anonymous>')
}

/** Tells of a layer about to run; its errors are told, and never the app's. */
export function enterLayer(listener: HookListener, res: object, info: LayerInfo): Frame | null {
  if (!listener.active) return null
  try {
    return listener.layerEntered(res, info)
  } catch (error) {
    listener.hookFailed('layer', error)
    return null
  }
}
