/**
 * What the page of `memprof report --html` draws: the one JSON block in it. Written by
 * html-data.ts, read by lib/cli/page in the browser. Texts are escaped there: no
 * control, invisible or direction character is left in any.
 *
 * Times of points are whole ms after `fromMs`, so that they are short. A value that is not known is
 * null. Units end a field's name.
 */
import type { Verdict } from '../../schema/lines'

export interface PageData {
  readonly title: string
  /** Sentences on what was read: the time, the processes, the requests. */
  readonly facts: readonly string[]
  /** Times of the first and the last line; null where no line was memprof's. */
  readonly span: { readonly fromMs: number; readonly toMs: number } | null
  readonly findings: readonly Finding[]
  /** What the routes that do not leak are, a sentence for each verdict. */
  readonly calm: readonly string[]
  readonly marks: readonly Mark[]
  /** What the live heap grew by, a sentence for each service. */
  readonly books: readonly string[]
  readonly processes: readonly ProcessData[]
  readonly routes: readonly RouteData[]
  /** The bytes of all that leaks, by who keeps them and the functions that allocated them. */
  readonly kept: KeptBytes | null
  /** Sentences on those bytes. */
  readonly keptNotes: readonly string[]
  readonly warnings: readonly string[]
  /** What was cut, skipped or left out. */
  readonly notes: readonly string[]
}

/** One leak, in the words of the terminal's report. */
export interface Finding {
  readonly sentence: string
  /** The leak was seen, and is no more. */
  readonly over: boolean
  readonly facts: readonly string[]
  readonly sites: ReadonlyArray<{
    readonly function: string
    readonly place: string
    readonly bytes: number
    readonly share: number
  }>
  readonly holders: readonly string[]
}

/** Something that happened at a time. `finding` counts from 1, as the page numbers them. */
export interface Mark {
  readonly kind: 'leak' | 'start' | 'stop'
  readonly atMs: number
  readonly text: string
  readonly finding?: number
}

export type Numbers = ReadonlyArray<number | null>

export interface ProcessData {
  readonly name: string
  readonly facts: readonly string[]
  readonly startMs: number
  readonly endMs: number
  readonly end: string
  readonly requests: number
  readonly maxRssBytes: number | null
  readonly liveHeapBytes: number | null
  /** Null where its curve was left out. */
  readonly curve: ProcessCurve | null
}

/** One array per measure, all as long as `atMs`. */
export interface ProcessCurve {
  readonly atMs: readonly number[]
  readonly rssBytes: Numbers
  readonly heapUsedBytes: Numbers
  readonly liveHeapBytes: Numbers
  readonly buffersBytes: Numbers
  readonly heapLimitBytes: Numbers
  /** Major GCs since the point before. */
  readonly majorGcs: Numbers
  /** Time that GCs took since the point before. */
  readonly gcPauseMs: Numbers
}

export interface RouteData {
  readonly name: string
  readonly verdict: Verdict
  readonly requests: number
  readonly errors: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly cleanHeapDeltaBytes: number | null
  /** `1.4 kB (1.3 to 1.6 kB)`, `< 24 B`; '' where nothing is known. */
  readonly keeps: string
  /** The table sorts by these: by what a route keeps, else by its floor; null where not known. */
  readonly keptBytesPerRequest: number | null
  readonly floorBytesPerRequest: number | null
  /** Null where its curve was left out. */
  readonly curve: RouteCurve | null
}

/** One array per measure, all as long as `atMs`. */
export interface RouteCurve {
  readonly atMs: readonly number[]
  readonly requestsPerSecond: Numbers
  readonly meanMs: Numbers
  readonly p99Ms: Numbers
  readonly cleanHeapDeltaBytes: Numbers
  readonly keptBytesPerRequest: Numbers
}

/** A box of the icicle; what its children do not sum up to is its own. */
export interface KeptBytes {
  readonly name: string
  readonly place: string
  readonly bytes: number
  readonly kind: 'all' | 'owner' | 'app' | 'package' | 'node' | 'rest'
  readonly children: readonly KeptBytes[]
}
