/**
 * Whose code makes a container grow: its size is read whenever Node begins or ends a slice of
 * JavaScript, and what it grew by in between belongs to the request that the slice ran for. JavaScript
 * runs one slice at a time, so this is exact under any concurrency.
 *
 *     slice of        GET /a          POST /b          an interval
 *                 [------------]  [------------]     [------------]
 *     size       7              7                8  8              9     +1 POST /b, +1 idle
 *
 * 1 to 2 us a slice, and 0.1 to 0.2 us a container in it, while it runs (docs/cost.md).
 */
import { type AsyncHook, AsyncResource, createHook, executionAsyncResource } from 'node:async_hooks'
import { Socket } from 'node:net'
import { lengthKeyOf, sizeOf } from '../holders/container-size'
import { className, ownValue } from '../inspector/intrinsics'
import { IDLE, LOST, type Mark, type RequestMarks } from '../record/request-marks'
import { Tally } from './tally'

/** Looked at in one trace, at most: each is asked for its size in each slice. */
export const MAX_CONTAINERS = 16

/** Slices within slices, at most: of some the end is never told, and those would add up. */
const MAX_DEPTH = 64

/** What runs now, and what ran when it began. */
interface Slice {
  readonly id: number
  readonly outer: Mark | null
  readonly outerPlace: number
  /** Its context was entered here, for its length. */
  readonly isEntered: boolean
}

/** What was seen of a container. */
export interface Changes {
  /** Entries by which it grew, by who made it grow. */
  readonly added: Tally
  /** Entries by which it shrank. */
  readonly removed: Tally
  /** Entries by which it grew, by the place that had been reached. */
  readonly byPlace: Map<number, number>
}

interface Watched extends Changes {
  readonly ref: WeakRef<object>
  /** Under which the owner of a linked list tells its length; null for a container. */
  readonly lengthKey: string | null
  size: number
}

/** Between slices, and in a slice before it has reached a place that is watched. */
export const NOWHERE = -1

export class Slices {
  readonly #marks: RequestMarks
  readonly #now: () => number
  readonly #hook: AsyncHook
  #watched: Watched[] = []
  /** Of what runs now; null between slices, where code runs of which Node tells nothing. */
  #mark: Mark | null = null
  /** That was reached last in the slice that runs. */
  #place = NOWHERE
  /** The outermost first: a pool calls in one request's slice what another waits with. */
  #slices: Slice[] = []
  /** Goes up wherever a slice begins or ends. */
  #turn = 0
  #isOn = false

  constructor(marks: RequestMarks, now: () => number) {
    this.#marks = marks
    this.#now = now
    // An error in such a callback would end the process: these catch their own, and stop.
    this.#hook = createHook({
      before: (id) => this.#guarded(() => this.#enter(id)),
      after: (id) => this.#guarded(() => this.#leave(id)),
    })
  }

  begin(): void {
    this.#isOn = true
    this.#slices = []
    this.#mark = null
    this.#marks.onArrival = (mark) => {
      const outer = this.#mark
      this.#guarded(() => {
        this.#settle()
        this.#turn++
        this.#mark = mark
        this.#place = NOWHERE
      })
      return outer
    }
    this.#hook.enable()
  }

  end(): void {
    if (!this.#isOn) return
    this.#isOn = false
    this.#watched = []
    this.#hook.disable()
    this.#marks.onArrival = null
  }

  /** @returns what changes from now on; null where its size cannot be read, or it is one too many */
  watch(container: object): Changes | null {
    const known = this.#watched.find(({ ref }) => ref.deref() === container)
    if (known) return known
    const lengthKey = sizeOf(container) < 0 ? lengthKeyOf(container) : null
    const size = sizeBy(container, lengthKey)
    if (size < 0 || this.#watched.length >= MAX_CONTAINERS) return null
    const changes = { added: new Tally(), removed: new Tally(), byPlace: new Map() }
    const watched = { ...changes, ref: new WeakRef(container), lengthKey, size }
    this.#watched.push(watched)
    return watched
  }

  /** The app has come to a place: what grew until now grew at the one before. */
  reach(place: number): void {
    this.#guarded(() => {
      this.#settle()
      this.#place = place
    })
  }

  /** The place that the slice which runs has come to. */
  get place(): number {
    return this.#place
  }

  /** The same only as long as no slice begins or ends. */
  get turn(): number {
    return this.#turn
  }

  /** Containers are no longer looked at. */
  release(): void {
    this.#guarded(() => this.#settle())
    this.#watched = []
  }

  #guarded(work: () => void): void {
    if (!this.#isOn) return
    try {
      work()
    } catch {
      this.end()
    }
  }

  #enter(id: number): void {
    this.#settle()
    this.#turn++
    const outer = this.#mark
    const outerPlace = this.#place
    this.#place = NOWHERE
    const resource = executionAsyncResource()
    let isEntered = false
    if (resource instanceof AsyncResource) {
      // From Node 24 on its context is entered after this, and left before its end is told.
      this.#mark = this.#marks.ofResource(resource) ?? LOST
    } else {
      const known = markOfResource(resource, this.#marks)
      const current = this.#marks.current
      this.#mark = known.isSure ? known.mark : (current ?? known.mark)
      isEntered = this.#mark !== current
      if (isEntered) this.#marks.enter(this.#mark)
    }
    if (this.#slices.length >= MAX_DEPTH) this.#slices = []
    this.#slices.push({ id, outer, outerPlace, isEntered })
  }

  #leave(id: number): void {
    this.#settle()
    this.#turn++
    const at = this.#slices.findLastIndex((slice) => slice.id === id)
    const slice = this.#slices[at]
    this.#slices.length = Math.max(0, at)
    this.#mark = at > 0 ? slice!.outer : null
    this.#place = at > 0 ? slice!.outerPlace : NOWHERE
    // From Node 24 on, what was entered in a slice would go on after it.
    if (slice?.isEntered) this.#marks.enter(null)
  }

  /** What grew since the last look was done for the mark that ran. */
  #settle(): void {
    const mark = this.#mark
    for (const watched of this.#watched) {
      const container = watched.ref.deref()
      if (!container) continue
      const size = sizeBy(container, watched.lengthKey)
      const grown = size - watched.size
      watched.size = size
      if (grown > 0) {
        watched.added.note(mark, grown, this.#now())
        watched.byPlace.set(this.#place, (watched.byPlace.get(this.#place) ?? 0) + grown)
      } else if (grown < 0) watched.removed.note(mark, -grown, this.#now())
    }
  }
}

function sizeBy(container: object, lengthKey: string | null): number {
  return lengthKey === null ? sizeOf(container) : (ownValue(container, lengthKey) as number)
}

/** As Node calls the resources of slices that no context led to. */
interface Resource {
  readonly socket?: unknown
  readonly _repeat?: unknown
  readonly [owner: symbol]: unknown
}

interface Connection {
  readonly parser?: { readonly incoming?: object | null } | null
}

interface ResourceMark {
  readonly mark: Mark
  /** Whatever context leads there: it is that of whoever opened the connection, or came over it last. */
  readonly isSure: boolean
}

const SURELY_LOST: ResourceMark = { mark: LOST, isSure: true }
const PROBABLY_LOST: ResourceMark = { mark: LOST, isSure: false }
const PROBABLY_IDLE: ResourceMark = { mark: IDLE, isSure: false }

/**
 * - the parser of a connection: from Node 24 on, a request's body comes without its context
 * - a connection to others, and HTTP/2's, which many requests share: whatever one of them may have asked for
 * - an interval, and what comes over a connection that the app accepted: no request asked for it
 * - anything else, a timeout or a thread's message: where no context leads to it, it is lost
 */
function markOfResource(resource: object, marks: RequestMarks): ResourceMark {
  const { socket, _repeat } = resource as Resource
  switch (className(resource)) {
    case 'HTTPServerAsyncResource': {
      // Not the response that is written now: requests may stand in a row on the connection.
      const incoming = (socket as Connection | undefined)?.parser?.incoming
      const mark = incoming ? marks.of(incoming) : null
      return mark ? { mark, isSure: true } : SURELY_LOST
    }
    case 'TCP':
    case 'Pipe':
      return isAccepted(resource) ? PROBABLY_IDLE : SURELY_LOST
    case 'Http2Session':
    case 'Http2Stream':
      return SURELY_LOST
    case 'Timeout':
      return typeof _repeat === 'number' ? PROBABLY_IDLE : PROBABLY_LOST
    default:
      return PROBABLY_LOST
  }
}

/** Whether a handle is that of a connection which a server of the app's accepted. */
function isAccepted(handle: object): boolean {
  const owner = Object.getOwnPropertySymbols(handle).find(
    ({ description }) => description === 'owner_symbol',
  )
  const socket = owner && (handle as Resource)[owner]
  return socket instanceof Socket && Boolean((socket as { server?: unknown }).server)
}
