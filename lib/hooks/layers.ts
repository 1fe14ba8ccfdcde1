/**
 * Layers as hooks describe them to the listener; and those of frameworks that match a whole path at
 * once, where a request has one route, and functions that run for it: nothing is put together from
 * mounts.
 */
import type { AnyFunction, LayerInfo } from './listener'

/** The one owner of layers that are never nested. */
const FLAT: object = {}

/** The path as written: a string, a regular expression, or several of either. */
export function patternText(path: unknown): string {
  if (Array.isArray(path)) return `(${path.map(patternText).join('|')})`
  if (typeof path !== 'string') return String(path)
  // A path that says nothing, '/' or '/users/', is that of its parent.
  return path.endsWith('/') ? path.slice(0, -1) : path
}

export interface LayerOptions {
  readonly owner?: object | null
  /** As the app wrote it. */
  readonly path?: unknown
  /** Where it is not the function's own. */
  readonly name?: string | undefined
  readonly isRouter?: boolean
  readonly handlesErrors?: boolean
  readonly isWholePath?: boolean
}

/** All layers have the fields in one order: V8 then reads them fast, at every layer of every request. */
export function layerInfo(
  kind: LayerInfo['kind'],
  handle: object,
  {
    owner = FLAT,
    path = '',
    name,
    isRouter = false,
    handlesErrors = false,
    isWholePath = false,
  }: LayerOptions = {},
): LayerInfo {
  return {
    kind,
    owner,
    pattern: patternText(path),
    name: String(name || (handle as AnyFunction | undefined)?.name || '<anonymous>'),
    handle,
    isRouter,
    handlesErrors,
    isWholePath,
    recorderSlot: null,
  }
}

/** A route by its whole pattern; its functions are layers of their own. */
export function routeLayer(path: unknown, isWholePath = false): LayerInfo {
  return layerInfo('route', FLAT, { path, name: '<route>', isWholePath })
}

/** A function that runs for one route. */
export function handlerLayer(handle: AnyFunction): LayerInfo {
  return layerInfo('handler', handle)
}

/** A function that runs for many. */
export function middlewareLayer(
  handle: AnyFunction,
  options?: Pick<LayerOptions, 'path' | 'isRouter'>,
): LayerInfo {
  return layerInfo('mount', handle, options)
}

/** What answers in a framework's own name where no route does. */
export function noRouteLayer(framework: string): LayerInfo {
  return layerInfo('mount', FLAT, { name: framework, isRouter: true })
}
