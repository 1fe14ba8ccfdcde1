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
 */
export function patch(
  holder: object,
  name: string,
  wrapper: (original: AnyFunction) => AnyFunction,
): Unpatch {
  const target = holder as Record<string, AnyFunction>
  const before = Object.getOwnPropertyDescriptor(target, name)
  shimmer.wrap(target, name, wrapper)
  const ours = target[name]
  return () => {
    if (target[name] !== ours) return
    if (before) Object.defineProperty(target, name, before)
    else delete target[name]
  }
}
