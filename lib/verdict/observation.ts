/**
 * What the verdicts are drawn from: series over the readings of the live heap. Plain numbers, so that
 * an observation can be written down and judged again.
 *
 * All series have one entry per reading, oldest first. Counts are cumulative.
 */
import type { StackFrame } from '../inspector/stack-frame'

/** Whose code allocated, by a label in the stack or by where that code stands in the source. */
export type Owner =
  | { readonly kind: 'route'; readonly index: number }
  | { readonly kind: 'layer'; readonly index: number }

export interface RouteSeries {
  readonly method: string
  readonly route: string
  /** Requests ended. */
  readonly ended: readonly number[]
  /** Of them, given up by the client. */
  readonly aborted: readonly number[]
  /** Of them, answered with 500 to 599. */
  readonly failed: readonly number[]
  readonly inFlight: readonly number[]
  /** Finished requests that were watched, and how many of them still live; the youngest are left out. */
  readonly watched: number
  readonly kept: number
}

export interface LayerSeries {
  readonly name: string
  /** Where it is mounted; '' for every path. */
  readonly mount: string
  /** Times it ran. */
  readonly entered: readonly number[]
}

/** What a route did, of all that was seen. */
export interface RouteShare {
  /** Of the route. */
  readonly index: number
  readonly share: number
  /** Of a unit of work: how much of that it did within which routes' requests, of all that was seen. */
  readonly within?: readonly RouteShare[]
}

/** Who did it, of all that a trace saw: shares of 1, and together 1. */
export interface Shares {
  /** Executions, or entries that were added. */
  readonly seen: number
  /** Routes by their index, largest first. */
  readonly routes: readonly RouteShare[]
  /** Without a request: timers, and messages of open connections. */
  readonly idle: number
  /** Callbacks that do not tell for which request they are, as those of a shared connection to a database. */
  readonly lost: number
  /** Of entries: requests that ended while it was watched, by index of the route. */
  readonly requests?: readonly number[]
  /** Of entries: whose they were, by how the requests ended. */
  readonly outcomes?: readonly EntriesOf[]
}

/** Entries that requests of a route added, and did not take away again. */
export interface EntriesOf {
  /** Of the route. */
  readonly index: number
  readonly aborted: number
  readonly failed: number
  readonly others: number
}

/** The most that the code at one place allocated, for each entry of what keeps a leak. */
export interface Allocated {
  /** The function around it, where that begins. */
  readonly within: StackFrame
  readonly at: StackFrame
  readonly bytes: number
}

/** What a trace saw of what keeps a leak: entries by which it grew and shrank from slice to slice. */
export interface Changed {
  readonly added: Shares
  readonly removed: Shares
  /** The place in the code where most is added; null where that was not seen. */
  readonly addedAt: StackFrame | null
  /** Of the functions that may add to it; empty where too little was seen. */
  readonly allocated: readonly Allocated[]
}

/** What a trace saw of a place; null where it saw nothing. */
export interface Traced {
  /** Executions of that function of its stack which the fewest run. */
  readonly runs: Shares | null
  /** What the containers grew by that keep its leak. */
  readonly growth: Shares | null
}

/** The samples of one label and stack. */
export interface PlaceSeries {
  readonly owner: Owner | null
  readonly origin: 'app' | 'runtime' | 'memprof'
  readonly isBuffer: boolean
  /** A timer called it. */
  readonly isTimer: boolean
  /**
   * Its objects are several sampling intervals large: nearly each of them is sampled, at its own size.
   * docs/method.md, "What counts as a leak", its last paragraph.
   */
  readonly isLarge: boolean
  /** Nearest first. */
  readonly frames: readonly StackFrame[]
  /** Routes under whose label one of these functions was seen, where `owner` is null. */
  readonly seenUnder: readonly number[]
  /** Null where no trace was made. */
  readonly traced: Traced | null
  /** Live bytes. */
  readonly liveBytes: readonly number[]
  /**
   * Live bytes of objects at least one reading old: younger ones may belong to requests in flight.
   * So `survivedBytes[j]` goes with the counts of reading j - 1.
   */
  readonly survivedBytes: readonly number[]
  /** Bytes born between reading j - 1 and j that live at the last reading. */
  readonly bornBytes: readonly number[]
  /** Sum of the squared sizes of those samples: the variance of `bornBytes`. */
  readonly bornBytesSquared: readonly number[]
}

export interface Observation {
  readonly samplingBytes: number
  readonly timeMs: readonly number[]
  /** heapUsed right after a major GC. */
  readonly liveHeapBytes: readonly number[]
  /**
   * Machine code that V8 made of the app's functions since the first reading, at most; cumulative. What
   * memprof's readings made V8 compile is left out.
   */
  readonly appCodeBytes: readonly number[]
  /** All machine code, memprof's too. */
  readonly codeBytes: readonly number[]
  /** Pieces of memprof's own work so far, such as looks for holders: each may leave something on the heap. */
  readonly ownWork: readonly number[]
  /** Readings so far before which V8's debugger was on and made promises keep what the app does not. */
  readonly debugged: readonly number[]
  readonly arrayBuffersBytes: readonly number[]
  readonly rssBytes: readonly number[]
  readonly heapTotalBytes: readonly number[]
  /** Open to the app's servers. */
  readonly connections: readonly number[]
  readonly routes: readonly RouteSeries[]
  readonly layers: readonly LayerSeries[]
  readonly places: readonly PlaceSeries[]
}
