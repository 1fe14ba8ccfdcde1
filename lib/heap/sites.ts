/**
 * A sampling heap profile -> live bytes per label and allocation site. Pure.
 *
 * A node's label is the innermost label frame above it; its site is the nearest frame that is neither
 * Node's nor memprof's. V8 records where a *function* begins, not the allocation itself.
 */
import { positionKey, type StackFrame } from '../inspector/stack-frame'
import type { SampledNode } from '../inspector/sampled-profile'
import type { Label } from './labels'

/** Frames kept of a stack, nearest first. */
export const MAX_FRAMES = 16
/** Functions remembered, at most: an app that compiles code per request would grow the table. */
const MAX_FUNCTIONS = 16384

/**
 * - `app`: a frame of the app's or of a package's is in the stack
 * - `runtime`: nothing but Node and V8: sockets, compiled code
 * - `memprof`: allocated by memprof
 */
export type Origin = 'app' | 'runtime' | 'memprof'

export interface Place {
  readonly key: string
  readonly label: Label | null
  readonly origin: Origin
  /** App and package frames, nearest first; Node's own only where there is nothing else. */
  readonly frames: readonly StackFrame[]
  /** True where the bytes are the wrapper of a buffer: their weight is off the heap. */
  readonly isBuffer: boolean
  /** True where a timer called the outermost frame. */
  readonly isTimer: boolean
}

/**
 * One object per function, whatever the number of readings: each reading brings its frames anew, and
 * keeping those would make memprof's own memory grow with every stack.
 */
export class FrameTable {
  readonly #frames: Map<string, { readonly frame: StackFrame; readonly id: string }> = new Map()
  readonly #urls: Map<string, string> = new Map()

  intern(frame: StackFrame): { readonly frame: StackFrame; readonly id: string } {
    const key = positionKey(frame)
    const known = this.#frames.get(key)
    if (known) return known
    if (this.#frames.size >= MAX_FUNCTIONS) return { frame, id: key }
    const { functionName, scriptId, lineNumber, columnNumber } = frame
    const url = this.#urls.get(scriptId) ?? frame.url
    this.#urls.set(scriptId, url)
    const entry = {
      frame: { functionName, url, scriptId, lineNumber, columnNumber },
      id: this.#frames.size.toString(36),
    }
    this.#frames.set(key, entry)
    return entry
  }
}

export type ScriptOwner = 'others' | 'hook' | 'memprof'

export interface PlaceOptions {
  /** The label of a script's name, if it is a label frame. */
  readonly labelOf: (url: string) => Label | null
  /** Whether a script is memprof's, and if so, whether a hook: those call on into the app. */
  readonly ownerOf: (url: string) => ScriptOwner
}

/** Files of Node that make buffers. */
const BUFFER_FILES = /^node:(internal\/)?buffer$/

/**
 * Where the samples of each node of the tree belong.
 *
 * @returns node id -> place; only nodes that hold samples
 */
export function placesOf(
  head: SampledNode,
  { labelOf, ownerOf }: PlaceOptions,
  table: FrameTable,
): Map<number, Place> {
  const places = new Map<number, Place>()
  const shared = new Map<string, Place>()

  function visit(
    node: SampledNode,
    label: Label | null,
    path: readonly StackFrame[],
    inMemprof: boolean,
  ): void {
    const { callFrame } = node
    const { url } = callFrame
    let owner: ScriptOwner = 'others'
    if (url !== '') {
      const here = labelOf(url)
      owner = here ? 'hook' : ownerOf(url)
      if (here) {
        label = here
        inMemprof = false
      } else if (owner === 'memprof') inMemprof = true
      else if (owner === 'others') path = [callFrame, ...path].slice(0, MAX_FRAMES)
    }
    if (node.selfSize > 0) {
      places.set(node.id, placeOf(label, path, inMemprof || owner === 'hook'))
    }
    for (const child of node.children) visit(child, label, path, inMemprof)
  }

  function placeOf(label: Label | null, path: readonly StackFrame[], own: boolean): Place {
    const ours = path.filter(({ url }) => !url.startsWith('node:'))
    const origin: Origin = own ? 'memprof' : ours.length > 0 ? 'app' : 'runtime'
    // Only of the app's own stacks every frame matters.
    const kept = origin === 'app' ? ours : origin === 'runtime' ? path.slice(0, 1) : []
    const interned = kept.map((frame) => table.intern(frame))
    const isBuffer = origin === 'app' && makesBuffer(path)
    const isTimer = origin === 'app' && isCalledByTimer(path)
    const flags = `${label ? label.id : ''}|${origin[0]}${isBuffer ? 'b' : ''}${isTimer ? 't' : ''}`
    const key = `${flags}|${interned.map(({ id }) => id).join('.')}`
    let place = shared.get(key)
    if (!place) {
      const frames = interned.map(({ frame }) => frame)
      place = { key, label, origin, frames, isBuffer, isTimer }
      shared.set(key, place)
    }
    return place
  }

  visit(head, null, [], false)
  return places
}

/** Whether Node's buffer code was called by the nearest frame of the app. */
function makesBuffer(path: readonly StackFrame[]): boolean {
  const nearest = path.findIndex(({ url }) => !url.startsWith('node:'))
  return path.slice(0, nearest).some(({ url }) => BUFFER_FILES.test(url))
}

/** Whether Node's list of timers called the outermost frame of the app; not so after an await. */
function isCalledByTimer(path: readonly StackFrame[]): boolean {
  const outermost = path.findLastIndex(({ url }) => !url.startsWith('node:'))
  const caller = path[outermost + 1]
  return caller?.functionName === 'listOnTimeout' && caller.url === 'node:internal/timers'
}
