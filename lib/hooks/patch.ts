/**
 * Wrapping and unwrapping, by shimmer; and what shimmer leaves behind mended.
 */
import shimmer from 'shimmer'
import type { AnyFunction } from './listener'

/** Taken before the app can put another in its place: its requests pass through here. */
export const apply: typeof Reflect.apply = Reflect.apply

/** Undoes one patch. Safe to call twice. */
export type Unpatch = () => void

/** What to put in the place of `original`, or of whatever `latest` says is there by now. */
export type Wrapper = (original: AnyFunction, latest: () => AnyFunction) => AnyFunction

/** Gives a wrapper the name and length of what it stands for: both are read by apps and frameworks. */
export function inGuiseOf<F extends AnyFunction>(original: AnyFunction, wrapper: F): F {
  for (const key of ['name', 'length'] as const) {
    Object.defineProperty(wrapper, key, { value: original[key], configurable: true })
  }
  return wrapper
}

/** As `for in` over the holder has it: an own property hides an inherited one of the same name. */
function isEnumerable(holder: object, name: string): boolean {
  let at: object | null = holder
  while (at && !Object.hasOwn(at, name)) at = Object.getPrototypeOf(at) as object | null
  return at !== null && Object.prototype.propertyIsEnumerable.call(at, name)
}

/**
 * Replaces `holder[name]` by `wrap(original, latest)`; the returned function puts it back as it was.
 * `latest` gives what the wrapper has to call: `original`, but where that was inherited, the function
 * inherited by now. node:domain replaces `EventEmitter.prototype.emit` as it is loaded.
 * shimmer.unwrap leaves an own property where an inherited one was: this does not. A wrapper that
 * somebody laid over ours in the meantime stays; ours then passes calls through (`active` is false).
 *
 * @throws TypeError when there is no function of that name
 */
export function patch(holder: object, name: string, wrap: Wrapper): Unpatch {
  const target = holder as Record<string, AnyFunction>
  // shimmer would print to the app's stderr, and go on.
  if (typeof target[name] !== 'function') throw new TypeError(`${name} is no function`)
  const before = Object.getOwnPropertyDescriptor(target, name)
  const enumerable = isEnumerable(target, name)
  const parent = before ? null : (Object.getPrototypeOf(target) as Record<string, AnyFunction>)
  shimmer.wrap(target, name, (original) => {
    const latest = parent ? () => parent[name]! : () => original
    return inGuiseOf(original, wrap(original, latest))
  })
  // shimmer asks the holder alone, and an inherited function would vanish from `for in`.
  Object.defineProperty(target, name, { enumerable })
  const ours = target[name]
  // By these two marks other agents take a wrapper for an older one of their own, and remove it.
  for (const mark of ['__wrapped', '__unwrap']) Reflect.deleteProperty(ours, mark)
  return () => {
    if (target[name] !== ours) return
    if (before) Object.defineProperty(target, name, before)
    else delete target[name]
  }
}

/** Several patches of one object, all or none. */
export function patchAll(holder: object, wrappers: Readonly<Record<string, Wrapper>>): Unpatch {
  const undo: Unpatch[] = []
  const unpatchAll = (): void => undo.forEach((unpatch) => unpatch())
  try {
    for (const [name, wrap] of Object.entries(wrappers)) undo.push(patch(holder, name, wrap))
  } catch (error) {
    unpatchAll()
    throw error
  }
  return unpatchAll
}
