/**
 * Polka 0.5.
 *
 * Its class is no export, but each app is one of it. An app's `find` says which functions a route has:
 * the framed ones are said instead, those in `app.handlers` stay.
 */
import { enterLayer, handlerLayer, patternText, routeLayer } from './layers'
import type { AnyFunction, HookListener } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf, patchAll } from './patch'

interface App {
  readonly handlers: Readonly<Record<string, Readonly<Record<string, AnyFunction[]>>>>
}

/** Where an app is mounted: in `parent`, below `base`. */
interface Mount {
  readonly parent: object
  readonly base: string
}

/** Apps within apps, at most: one that is mounted in itself has no end. */
const MAX_DEPTH = 16

export function polkaFiles(listener: HookListener): HookedFile[] {
  const patterns = new WeakMap<AnyFunction[], string>()
  /** By the app whose pattern they carry: an app's own may be mounted after its routes. */
  const framedLists = new WeakMap<AnyFunction[], { prefix: string; framed: AnyFunction[] }>()
  const mounts = new WeakMap<object, Mount>()

  function framed(handler: AnyFunction, pattern: string): AnyFunction {
    const route = routeLayer(pattern)
    const info = handlerLayer(handler)
    return inGuiseOf(
      handler,
      function (this: unknown, req: unknown, res: object, next: unknown): unknown {
        enterLayer(listener, res, route)
        const frame = enterLayer(listener, res, info)
        return frame
          ? frame.call3(handler, this, req, res, next)
          : handler.call(this, req, res, next)
      },
    )
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

  function framedList(app: object, list: AnyFunction[], pattern: string): AnyFunction[] {
    let known = framedLists.get(list)
    const prefix = prefixOf(app)
    if (known?.prefix !== prefix || known.framed.length !== list.length) {
      known = { prefix, framed: list.map((handler) => framed(handler, prefix + pattern)) }
      framedLists.set(list, known)
    }
    return known.framed
  }

  function guarded(where: string, work: () => void): void {
    if (!listener.active) return
    try {
      work()
    } catch (error) {
      listener.hookFailed(where, error)
    }
  }

  const wrappers: Record<string, (original: AnyFunction) => AnyFunction> = {
    add: (original) =>
      function add(this: App, method: string, pattern: string, ...handlers: unknown[]): unknown {
        const result = original.call(this, method, pattern, ...handlers) as unknown
        guarded('declaring a route', () => {
          const list = this.handlers[method]?.[pattern]
          if (list) patterns.set(list, lead(patternText(pattern)))
        })
        return result
      },
    use: (original) =>
      function use(this: object, base: unknown, ...handlers: unknown[]): unknown {
        guarded('mounting an app', () => {
          if (typeof base !== 'string') return
          for (const app of handlers) {
            const isApp = typeof app === 'object' && app !== null
            if (isApp) mounts.set(app, { parent: this, base: lead(patternText(base)) })
          }
        })
        return original.call(this, base, ...handlers)
      },
    find: (original) =>
      function find(this: object, method: unknown, url: unknown): unknown {
        const found = original.call(this, method, url) as { handlers?: AnyFunction[] } | false
        guarded('finding a route', () => {
          if (!found || !found.handlers) return
          const pattern = patterns.get(found.handlers)
          if (pattern !== undefined) found.handlers = framedList(this, found.handlers, pattern)
        })
        return found
      },
  }

  return [
    {
      packageName: 'polka',
      file: 'polka',
      apply: (exports) => {
        const app = (exports as AnyFunction)() as object
        return { exports, unpatch: patchAll(Object.getPrototypeOf(app) as object, wrappers) }
      },
    },
  ]
}

function lead(path: string): string {
  return path === '' || path.startsWith('/') ? path : `/${path}`
}
