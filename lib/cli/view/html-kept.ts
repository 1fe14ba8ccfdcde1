/**
 * Leaks -> the icicle: under each leak the functions that allocated, below those that called them.
 *
 * A `leak` line has for each function one stack, that of its largest part, cut at some callers: so two
 * stacks rarely begin at the same function. They are laid upon each other at the outermost function
 * that most of the bytes have in common, and begin there:
 *
 *   handle > search > remember            search            100 %
 *   search                          ->    ├ remember         20 %
 *   run > handle > search > json          └ json              5 %
 */
import type { KeptBytes } from './page-data'
import type { LeakSummary } from '../summary/summary'
import { printable } from './printable'
import { leakSubject } from './sentences'

/** The rest of a leak gets a box of its own where it is more than this share of it. */
const MIN_SHARE = 0.005

interface Frame {
  readonly name: string
  readonly place: string
}

/** A function that allocated, after its callers: outermost first, never empty. */
interface SiteStack {
  readonly frames: readonly Frame[]
  readonly bytes: number
}

interface Tree extends KeptBytes {
  bytes: number
  readonly children: Tree[]
}

/** The tree of all leaks; null where none has a size. */
export function keptBytes(leaks: readonly LeakSummary[]): KeptBytes | null {
  const children = leaks
    .filter(({ since, retainedBytes }) => since === null && retainedBytes > 0)
    .map(leakTree)
    .sort((a, b) => b.bytes - a.bytes)
  const bytes = children.reduce((sum, child) => sum + child.bytes, 0)
  return bytes > 0 ? { name: 'All leaks', place: '', kind: 'all', bytes, children } : null
}

function leakTree(leak: LeakSummary): Tree {
  const stacks = alignStacks(leak.sites.filter(({ bytes }) => bytes > 0).map(toStack))
  const told = stacks.reduce((sum, { bytes }) => sum + bytes, 0)
  const bytes = Math.max(leak.retainedBytes, told)
  const kinds = { heap: '', buffers: ' (buffers)', native: ' (native memory)' }
  const tree: Tree = {
    name: leakSubject(leak) + kinds[leak.kind],
    place: '',
    kind: 'owner',
    bytes,
    children: [],
  }
  for (const stack of stacks) addStack(tree, stack)
  sortChildren(tree)
  const rest = bytes - told
  if (rest > bytes * MIN_SHARE) {
    tree.children.push({
      name: 'other functions',
      place: '',
      kind: 'rest',
      bytes: rest,
      children: [],
    })
  }
  return tree
}

function toStack(site: LeakSummary['sites'][number]): SiteStack {
  const own = { name: site.function, place: `${site.file}:${site.line}` }
  return { frames: [...site.stack.toReversed().map(toFrame), own], bytes: site.bytes }
}

/** `search (services/search.js:3)`; a name may itself hold brackets. */
function toFrame(caller: string): Frame {
  const at = caller.lastIndexOf(' (')
  if (at < 0 || !caller.endsWith(')')) return { name: caller, place: '' }
  return { name: caller.slice(0, at), place: caller.slice(at + 2, -1) }
}

function keyOf({ name, place }: Frame): string {
  return `${name}\n${place}`
}

export function alignStacks(stacks: readonly SiteStack[]): SiteStack[] {
  const covered = new Map<string, number>()
  for (const { frames, bytes } of stacks) {
    for (const key of new Set(frames.map(keyOf))) {
      covered.set(key, (covered.get(key) ?? 0) + bytes)
    }
  }
  const most = Math.max(0, ...covered.values())
  const largest = stacks.reduce<SiteStack | null>((a, b) => (a && a.bytes >= b.bytes ? a : b), null)
  const first = largest?.frames.find((frame) => covered.get(keyOf(frame)) === most)
  if (!first) return []
  const aligned = stacks.map(({ frames, bytes }) => {
    const at = frames.findIndex((frame) => keyOf(frame) === keyOf(first))
    return { frames: frames.slice(Math.max(0, at)), bytes }
  })
  return aligned.map((stack) => ({
    ...stack,
    frames: withoutFramework(stack.frames, first, aligned),
  }))
}

/** Leaves out what a framework called on the way to the app, where all of these stacks have it. */
function withoutFramework(
  frames: readonly Frame[],
  first: Frame,
  stacks: readonly SiteStack[],
): readonly Frame[] {
  const same = stacks.filter((stack) => keyOf(stack.frames[0]!) === keyOf(first))
  let common = 0
  for (;;) {
    const frame = same[0]!.frames[common]
    const shared =
      frame !== undefined &&
      kindOf(frame) !== 'app' &&
      same.every((stack) => {
        const other = stack.frames[common]
        return other && stack.frames.length > common + 1 && keyOf(other) === keyOf(frame)
      })
    if (!shared) break
    common++
  }
  return keyOf(frames[0]!) === keyOf(first) ? frames.slice(common) : frames
}

function kindOf({ place }: Frame): 'app' | 'package' | 'node' {
  if (place.includes('node_modules/')) return 'package'
  return place === '' || place.startsWith('node:') ? 'node' : 'app'
}

function addStack(tree: Tree, { frames, bytes }: SiteStack): void {
  let parent = tree
  for (const frame of frames) {
    const name = printable(frame.name)
    const place = printable(frame.place)
    let child = parent.children.find((one) => one.name === name && one.place === place)
    if (!child) {
      child = { name, place, kind: kindOf(frame), bytes: 0, children: [] }
      parent.children.push(child)
    }
    child.bytes += bytes
    parent = child
  }
}

function sortChildren(tree: Tree): void {
  tree.children.sort((a, b) => b.bytes - a.bytes)
  for (const child of tree.children) sortChildren(child)
}
