/**
 * Connect 3. Its prototype is private to the module and copied onto each app, so each app's own
 * `use` is wrapped, and through it each layer's function: Connect has no Layer class to patch.
 */
import { enterLayer, patternText } from './layers'
import type { AnyFunction, HookListener, LayerInfo } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf, patch, type Unpatch } from './patch'

interface Layer {
  route: string
  handle: AnyFunction
}
type App = AnyFunction & { stack: Layer[]; use: AnyFunction }

export function connectFiles(listener: HookListener): HookedFile[] {
  const undo: Array<WeakRef<{ unpatch: Unpatch }>> = []
  /** Holds each app's undo for as long as the app lives, and no longer. */
  const undoOf = new WeakMap<object, { unpatch: Unpatch }>()

  function remember(owner: object, unpatch: Unpatch): void {
    const entry = { unpatch }
    undoOf.set(owner, entry)
    undo.push(new WeakRef(entry))
  }

  /** Arity decides whether Connect takes a function for an error handler: kept, like the name. */
  function framed(handle: AnyFunction, info: LayerInfo): AnyFunction {
    const wrapper =
      handle.length === 4
        ? function (
            this: unknown,
            err: unknown,
            req: unknown,
            res: object,
            next: unknown,
          ): unknown {
            const frame = enterLayer(listener, res, info)
            return frame
              ? frame.call4(handle, this, err, req, res, next)
              : handle.call(this, err, req, res, next)
          }
        : function (this: unknown, req: unknown, res: object, next: unknown): unknown {
            const frame = enterLayer(listener, res, info)
            return frame
              ? frame.call3(handle, this, req, res, next)
              : handle.call(this, req, res, next)
          }
    return inGuiseOf(handle, wrapper)
  }

  function frameNewLayers(app: App, from: number, args: unknown[]): void {
    const handler = args.at(-1) as { handle?: unknown; name?: string } | undefined
    for (const layer of app.stack.slice(from)) {
      const original = layer.handle
      layer.handle = framed(original, {
        kind: 'mount',
        owner: app,
        pattern: patternText(layer.route),
        name: original.name || handler?.name || '<anonymous>',
        handle: original,
        isRouter: typeof handler?.handle === 'function',
        handlesErrors: original.length === 4,
        memo: null,
      })
      const ours = layer.handle
      remember(layer, () => {
        if (layer.handle === ours) layer.handle = original
      })
    }
  }

  function wrapUse(original: AnyFunction): AnyFunction {
    return function use(this: App, ...args: unknown[]): unknown {
      const from = this?.stack?.length ?? 0
      const result = original.apply(this, args)
      if (!listener.active) return result
      try {
        frameNewLayers(this, from, args)
      } catch (error) {
        listener.hookFailed('declaring a layer', error)
      }
      return result
    }
  }

  return [
    {
      packageName: 'connect',
      file: 'connect',
      apply: (exports) => {
        const original = exports as AnyFunction
        function createServer(this: unknown, ...args: unknown[]): unknown {
          const app = original.apply(this, args) as App
          if (!listener.active) return app
          try {
            remember(app, patch(app, 'use', wrapUse))
          } catch (error) {
            listener.hookFailed('connect', error)
          }
          return app
        }
        return {
          exports: Object.assign(inGuiseOf(original, createServer), original),
          unpatch: () => {
            for (const entry of undo.splice(0)) entry.deref()?.unpatch()
          },
        }
      },
    },
  ]
}
