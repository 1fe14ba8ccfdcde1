/**
 * A sampling heap profile -> live bytes per label and allocation site. Pure.
 *
 * A node's label is the innermost label frame above it; its site is the nearest frame that is neither
 * Node's nor memprof's. V8 records where a *function* begins, not the allocation itself.
 *
 *     onRequest      node:_http_server
 *       route        memprof:7:GET /orders      the label
 *         order      /srv/app.js:10
 *           push     /srv/trail.js:3            the site: what it allocates is at the place
 *             from   node:buffer                    GET /orders | push < order, and a buffer's wrapper
 */
import { positionKey, type StackFrame } from '../inspector/stack-frame'
import type { SampledNode } from '../inspector/sampled-profile'
import type { Label } from './labels'

/** Frames kept of a stack, the nearest: a round number. V8 itself samples deeper stacks. */
export const MAX_FRAMES = 16
/** Functions remembered, at most: an app that compiles code per request would grow the table for ever. */
const MAX_FUNCTIONS = 16384

/**
 * - `app`: a frame of the app's or of a package's is in the stack
 * - `runtime`: nothing but Node and V8: sockets, compiled code
 * - `memprof`: allocated by memprof
 */
export type Origin = 'app' | 'runtime' | 'memprof'

/** A label and a stack: where samples that belong together were allocated. */
export interface Place {
  /** The same in every reading. */
  readonly key: string
  readonly label: Label | null
  readonly origin: Origin
  /** App and package frames, nearest first; Node's own only where there is nothing else. */
  readonly frames: readonly StackFrame[]
  /** Whether the bytes are wrappers of buffers, whose own bytes are off the heap. */
  readonly isBuffer: boolean
  /** Whether a timer called the outermost frame. */
  readonly isTimer: boolean
}

interface InternedFrame {
  readonly frame: StackFrame
  /** Short, for the keys of places. */
  readonly id: string
}

/**
 * One object per function, whatever the number of readings: each reading brings its frames anew, and
 * if they were kept, memprof's own memory would grow with every stack.
 */
export class FrameTable {
  readonly #frames: Map<string, InternedFrame> = new Map()
  readonly #urls: Map<string, string> = new Map()

  intern(frame: StackFrame): InternedFrame {
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

/** Whose a script is: memprof's, one of its hooks, which call on into the app, or anybody else's. */
export type ScriptOwner = 'others' | 'hook' | 'memprof'

export interface PlaceOptions {
  /** The label whose frame a script holds; null for any other script. */
  readonly labelOf: (url: string) => Label | null
  readonly ownerOf: (url: string) => ScriptOwner
}

/** Node's files that allocate buffers. */
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
  const byKey = new Map<string, Place>()

  /** @param stack - frames above the node that are not memprof's, nearest first */
  function visit(
    node: SampledNode,
    label: Label | null,
    stack: readonly StackFrame[],
    isMemprof: boolean,
  ): void {
    const { callFrame } = node
    const { url } = callFrame
    let owner: ScriptOwner = 'others'
    if (url !== '') {
      const here = labelOf(url)
      owner = here ? 'hook' : ownerOf(url)
      if (here) {
        label = here
        isMemprof = false
      } else if (owner === 'memprof') isMemprof = true
      else if (owner === 'others') stack = [callFrame, ...stack].slice(0, MAX_FRAMES)
    }
    if (node.selfSize > 0) {
      places.set(node.id, placeOf(label, stack, isMemprof || owner === 'hook'))
    }
    for (const child of node.children) visit(child, label, stack, isMemprof)
  }

  function placeOf(label: Label | null, stack: readonly StackFrame[], isMemprof: boolean): Place {
    const appFrames = stack.filter(({ url }) => !isNode(url))
    const origin: Origin = isMemprof ? 'memprof' : appFrames.length > 0 ? 'app' : 'runtime'
    // Of a stack without the app, the nearest frame says enough; of memprof's, its origin does.
    const kept = origin === 'app' ? appFrames : origin === 'runtime' ? stack.slice(0, 1) : []
    const interned = kept.map((frame) => table.intern(frame))
    const isBuffer = origin === 'app' && allocatesBuffer(stack)
    const isTimer = origin === 'app' && isCalledByTimer(stack)
    const flags = `${label ? label.id : ''}|${origin[0]}${isBuffer ? 'b' : ''}${isTimer ? 't' : ''}`
    const key = `${flags}|${interned.map(({ id }) => id).join('.')}`
    let place = byKey.get(key)
    if (!place) {
      const frames = interned.map(({ frame }) => frame)
      place = { key, label, origin, frames, isBuffer, isTimer }
      byKey.set(key, place)
    }
    return place
  }

  visit(head, null, [], false)
  return places
}

function isNode(url: string): boolean {
  return url.startsWith('node:')
}

/** Whether the nearest frame of the app called Node's code for buffers. */
function allocatesBuffer(stack: readonly StackFrame[]): boolean {
  const nearest = stack.findIndex(({ url }) => !isNode(url))
  return stack.slice(0, nearest).some(({ url }) => BUFFER_FILES.test(url))
}

/** Whether Node's list of timers called the outermost frame of the app; after an await it did not. */
function isCalledByTimer(stack: readonly StackFrame[]): boolean {
  const outermost = stack.findLastIndex(({ url }) => !isNode(url))
  const caller = stack[outermost + 1]
  return caller?.functionName === 'listOnTimeout' && caller.url === 'node:internal/timers'
}
