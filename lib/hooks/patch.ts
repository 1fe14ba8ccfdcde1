/**
 * Wrapping and unwrapping, by shimmer; and what shimmer leaves behind mended.
 */
import shimmer from 'shimmer'
import type { AnyFunction } from './listener'

/** Undoes one patch. Safe to call twice. */
export type Unpatch = () => void

/**
 * Replaces `holder[name]` by `wrapper(original)`; the returned function puts it back as it was.
 * shimmer.unwrap leaves an own property where an inherited one was: this does not. A wrapper that
 * somebody laid over ours in the meantime stays; ours then passes calls through (`active` is false).
 *
 * @throws TypeError when there is no function of that name
 */
export function patch(
  holder: object,
  name: string,
  wrapper: (original: AnyFunction) => AnyFunction,
): Unpatch {
  const target = holder as Record<string, AnyFunction>
  // shimmer would print to the app's stderr, and go on.
  if (typeof target[name] !== 'function') throw new TypeError(`${name} is no function`)
  const before = Object.getOwnPropertyDescriptor(target, name)
  shimmer.wrap(target, name, wrapper)
  const ours = target[name]
  return () => {
    if (target[name] !== ours) return
    if (before) Object.defineProperty(target, name, before)
    else delete target[name]
  }
}

/** Several patches of one object, all or none. */
export function patchAll(
  holder: object,
  wrappers: Readonly<Record<string, (original: AnyFunction) => AnyFunction>>,
): Unpatch {
  const undo: Unpatch[] = []
  const unpatchAll = (): void => undo.forEach((unpatch) => unpatch())
  try {
    for (const [name, wrapper] of Object.entries(wrappers)) undo.push(patch(holder, name, wrapper))
  } catch (error) {
    unpatchAll()
    throw error
  }
  return unpatchAll
}
