/**
 * Polka 0.5.
 *
 * Its class is no export, but each app is one of it. An app's `find` says which functions a route has:
 * the labelled ones are said instead, those in `app.handlers` stay.
 */
import { after, before, labelled, patched } from './framework'
import type { Guard } from './guard'
import { handlerLayer, patternText, routeLayer } from './layers'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'

interface App {
  readonly handlers: Readonly<Record<string, Readonly<Record<string, AnyFunction[]>>>>
}

/** Where an app is mounted: in `parent`, below `base`. */
interface Mount {
  readonly parent: object
  readonly base: string
}

/** What an app's `find` answers with. */
type Found = { handlers?: AnyFunction[] } | false

/** Apps within apps, at most: one that is mounted in itself has no end. */
const MAX_DEPTH = 16

export function polkaFiles(guard: Guard): HookedFile[] {
  const patterns = new WeakMap<AnyFunction[], string>()
  /** By the app whose pattern they carry: an app's own may be mounted after its routes. */
  const labelledLists = new WeakMap<AnyFunction[], { prefix: string; labelled: AnyFunction[] }>()
  const mounts = new WeakMap<object, Mount>()

  return [
    patched('polka', '', (exports) => Object.getPrototypeOf((exports as AnyFunction)()) as object, {
      add: after(guard, 'declaring a route', notePattern),
      use: before(guard, 'mounting an app', noteMounts),
      find: after(guard, 'finding a route', labelFound),
    }),
  ]

  function notePattern(app: App, [method, pattern]: unknown[]): void {
    const list = app.handlers[method as string]?.[pattern as string]
    if (list) patterns.set(list, lead(patternText(pattern)))
  }

  function noteMounts(parent: object, [base, ...handlers]: unknown[]): void {
    if (typeof base !== 'string') return
    for (const app of handlers) {
      const isApp = typeof app === 'object' && app !== null
      if (isApp) mounts.set(app, { parent, base: lead(patternText(base)) })
    }
  }

  function labelFound(app: object, _args: unknown[], found: Found): void {
    if (!found || !found.handlers) return
    const pattern = patterns.get(found.handlers)
    if (pattern !== undefined) found.handlers = labelledList(app, found.handlers, pattern)
  }

  function labelledList(app: object, list: AnyFunction[], pattern: string): AnyFunction[] {
    let known = labelledLists.get(list)
    const prefix = prefixOf(app)
    if (known?.prefix !== prefix || known.labelled.length !== list.length) {
      const inRoute = (handler: AnyFunction): AnyFunction =>
        labelled(guard, handler, handlerLayer(handler), { route: routeLayer(prefix + pattern) })
      known = { prefix, labelled: list.map(inRoute) }
      labelledLists.set(list, known)
    }
    return known.labelled
  }

  /** The literal bases of all apps above this one. */
  function prefixOf(app: object): string {
    let prefix = ''
    let mount = mounts.get(app)
    for (let depth = 0; mount && depth < MAX_DEPTH; depth++) {
      prefix = mount.base + prefix
      mount = mounts.get(mount.parent)
    }
    return prefix
  }
}

function lead(path: string): string {
  return path === '' || path.startsWith('/') ? path : `/${path}`
}
