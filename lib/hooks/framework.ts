/**
 * What the hooks of a framework are made of. Its file begins with a table, a row per file of the
 * package, of what is patched in it; below stands what is peculiar to the framework:
 *
 *     export function exampleFiles(guard: Guard): HookedFile[] {
 *       return [
 *         seen('example', 'lib/application'),
 *         patched('example', 'lib/router', prototypeOf, {
 *           add: before(guard, 'declaring a route', labelHandlers),
 *         }),
 *       ]
 *
 *       function labelHandlers(_router: object, args: unknown[]): void {
 *         args[1] = labelled(guard, args[1] as AnyFunction, handlerLayer(args[1]))
 *       }
 *     }
 *
 * The rows are undone by whoever applied them (modules.ts). A new framework is such a file, a line in
 * frameworks.ts, and its versions in supported.ts.
 */
import type { Guard } from './guard'
import type { AnyFunction, LayerInfo, Trampoline } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf, patchAll, type Unpatch, type Wrapper } from './patch'

function fileOf(packageName: string, path: string): string {
  return path === '' ? packageName : `${packageName}/${path}`
}

/** A row: the file is looked at for the package's version alone. `begin` is called when it is loaded. */
export function seen(
  packageName: string,
  path: string,
  begin: () => Unpatch = () => () => {},
): HookedFile {
  return {
    packageName,
    file: fileOf(packageName, path),
    apply: (exports) => ({ exports, unpatch: begin() }),
  }
}

/** A row: methods of an object that is reached from the exports are wrapped. */
export function patched(
  packageName: string,
  path: string,
  holderOf: (exports: unknown) => object,
  wrappers: Readonly<Record<string, Wrapper>>,
): HookedFile {
  return {
    packageName,
    file: fileOf(packageName, path),
    apply: (exports) => ({ exports, unpatch: patchAll(holderOf(exports), wrappers) }),
  }
}

/** A row: the package's one function is exported wrapped, its properties with it. */
export function replaced(
  packageName: string,
  path: string,
  wrap: (original: AnyFunction) => AnyFunction,
  unpatch: Unpatch = () => {},
): HookedFile {
  return {
    packageName,
    file: fileOf(packageName, path),
    apply: (exports) => {
      const original = exports as AnyFunction
      return { exports: Object.assign(inGuiseOf(original, wrap(original)), original), unpatch }
    },
  }
}

/** Where the exports are a class. */
export function prototypeOf(exports: unknown): object {
  return (exports as { prototype: object }).prototype
}

/** Where the class of that name is exported. */
export function prototypeIn(name: string): (exports: unknown) => object {
  return (exports) => prototypeOf((exports as Record<string, unknown>)[name])
}

/** Calls `note` with `this` and the arguments, which it may replace, and then the original. */
export function before<Self>(
  guard: Guard,
  where: string,
  note: (self: Self, args: unknown[]) => void,
): Wrapper {
  const noted = guard.guarded(where, note)
  return (original) =>
    function (this: Self, ...args: unknown[]): unknown {
      noted(this, args)
      return original.apply(this, args)
    }
}

/** Calls the original, and then `note` with `this`, the arguments and the result. */
export function after<Self, Result>(
  guard: Guard,
  where: string,
  note: (self: Self, args: unknown[], result: Result) => void,
): Wrapper {
  const noted = guard.guarded(where, note)
  return (original) =>
    function (this: Self, ...args: unknown[]): unknown {
      const result = original.apply(this, args) as Result
      noted(this, args, result)
      return result
    }
}

/** Calls the original, which adds layers to the `stack` of its `this`, and `note` with what it added. */
export function afterDeclaring<L>(
  guard: Guard,
  note: (owner: object, layers: L[], args: unknown[]) => void,
): Wrapper {
  type Owner = object & { readonly stack?: L[] }
  const noted = guard.guarded(
    'declaring a layer',
    (owner: Owner, known: number, args: unknown[]) => {
      note(owner, (owner.stack ?? []).slice(known), args)
    },
  )
  return (original) =>
    function (this: Owner, ...args: unknown[]): unknown {
      const known = this?.stack?.length ?? 0
      const result = original.apply(this, args) as unknown
      noted(this, known, args)
      return result
    }
}

/** From what a handler is called with to the response by which its request is known. */
// oxlint-disable-next-line typescript/no-explicit-any -- the host's contexts have every shape
type ResponseOf = (first: any, second: any) => object | null | undefined

interface Labelling {
  /** Left out where a handler is called with the response second, as `(req, res, next)`. */
  readonly responseOf?: ResponseOf
  /** Told before the handler's own layer: the route that it answers for. */
  readonly route?: LayerInfo | null
}

const RESPONSE_SECOND: ResponseOf = (_req, res: object) => res

/**
 * What stands in for a handler `(req, res, next)`, or `(err, req, res, next)`: tells of its layer and
 * calls it through the layer's trampoline. In the guise of the handler: by their number of parameters
 * frameworks tell those that handle errors.
 */
export function labelled(
  guard: Guard,
  handler: AnyFunction,
  layer: LayerInfo,
  labelling: Labelling = {},
): AnyFunction {
  const enter = entrance(guard, layer, labelling)
  function handle(this: unknown, req: unknown, res: unknown, next: unknown): unknown {
    const trampoline = enter(req, res)
    return trampoline
      ? trampoline.call3(handler, this, req, res, next)
      : handler.call(this, req, res, next)
  }
  function handleError(
    this: unknown,
    error: unknown,
    req: unknown,
    res: unknown,
    next: unknown,
  ): unknown {
    const trampoline = enter(req, res)
    return trampoline
      ? trampoline.call4(handler, this, error, req, res, next)
      : handler.call(this, error, req, res, next)
  }
  return inGuiseOf(handler, layer.handlesErrors ? handleError : handle)
}

/** The same for a handler of two arguments, as `(context, next)`. */
export function labelledPair(
  guard: Guard,
  handler: AnyFunction,
  layer: LayerInfo,
  labelling: Labelling,
): AnyFunction {
  const enter = entrance(guard, layer, labelling)
  return inGuiseOf(handler, function (this: unknown, first: unknown, second: unknown): unknown {
    const trampoline = enter(first, second)
    return trampoline
      ? trampoline.call2(handler, this, first, second)
      : handler.call(this, first, second)
  })
}

function entrance(
  guard: Guard,
  layer: LayerInfo,
  { responseOf = RESPONSE_SECOND, route = null }: Labelling,
): (first: unknown, second: unknown) => Trampoline | null {
  const { enterLayer } = guard
  return (first, second) => {
    const res = responseOf(first, second)
    if (!res) return null
    if (route) enterLayer(res, route)
    return enterLayer(res, layer)
  }
}

/** What `make` made of an object when it was first asked about: kept as long as the object. */
export function remembered<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>()
  return (key) => {
    let value = known.get(key)
    if (value === undefined) known.set(key, (value = make(key)))
    return value
  }
}

/** Whether a list still holds what it held. */
export function isSameList(list: readonly unknown[], before: readonly unknown[]): boolean {
  return list.length === before.length && list.every((one, at) => one === before[at])
}
