/**
 * Connect 3. Its prototype is private to the module and copied onto each app, so each app's own
 * `use` is wrapped, and through it each layer's function: Connect has no Layer class to patch.
 */
import { afterDeclaring, labelled, replaced } from './framework'
import type { Guard } from './guard'
import { layerInfo } from './layers'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'
import { patch, type Unpatch } from './patch'

interface Layer {
  route: string
  handle: AnyFunction
}

export function connectFiles(guard: Guard): HookedFile[] {
  const undo: Array<WeakRef<{ unpatch: Unpatch }>> = []
  /** Holds each app's undo for as long as the app lives, and no longer. */
  const undoOf = new WeakMap<object, { unpatch: Unpatch }>()

  return [
    replaced('connect', '', makingApps, () => {
      for (const entry of undo.splice(0)) entry.deref()?.unpatch()
    }),
  ]

  function remember(owner: object, unpatch: Unpatch): void {
    const entry = { unpatch }
    undoOf.set(owner, entry)
    undo.push(new WeakRef(entry))
  }

  function makingApps(original: AnyFunction): AnyFunction {
    const use = afterDeclaring(guard, labelLayers)
    const patchApp = guard.guarded('connect', (app: object) => {
      remember(app, patch(app, 'use', use))
    })
    return function createServer(this: unknown, ...args: unknown[]): unknown {
      const app = original.apply(this, args) as object
      patchApp(app)
      return app
    }
  }

  function labelLayers(app: object, layers: Layer[], args: unknown[]): void {
    const given = args.at(-1) as { handle?: unknown; name?: string } | undefined
    for (const layer of layers) {
      const original = layer.handle
      const info = layerInfo('mount', original, {
        owner: app,
        path: layer.route,
        name: original.name || given?.name,
        isRouter: typeof given?.handle === 'function',
        // By the number of its parameters Connect takes a function for an error handler.
        handlesErrors: original.length === 4,
      })
      const ours = labelled(guard, original, info)
      layer.handle = ours
      remember(layer, () => {
        if (layer.handle === ours) layer.handle = original
      })
    }
  }
}
