/** Lives of leaks, driven by hand: judgements and looks of the test's own, and what is told of them. */
import { type Seekable, Sought } from '../../lib/holders/sought'
import { HolderInquiry } from '../../lib/leaks/holder-inquiry'
import { Traces } from '../../lib/leaks/traces'
import type { Inquiry } from '../../lib/leaks/inquiry'
import type { Findings, LeakListener } from '../../lib/leaks/listener'
import { Lives } from '../../lib/leaks/lives'
import type { Leak } from '../../lib/verdict/leak'
import type { HeapGrowth } from '../../lib/verdict/heap-only'
import type { Observation, RouteSeries } from '../../lib/verdict/observation'
import { handmade } from './observations'
import { THRESHOLDS } from '../../lib/verdict/thresholds'

/** Notes what it is told: `route 0 heap 1000`, or `… by cache` with the path of what keeps it. */
export class Told implements LeakListener {
  readonly leaks: Leak[] = []
  readonly lines: string[] = []
  readonly growths: HeapGrowth[] = []
  findings: Findings | null = null

  judged(findings: Findings): void {
    this.findings = findings
  }

  told({ leak, holders }: Parameters<LeakListener['told']>[0]): void {
    const [holder] = holders?.holders ?? []
    this.leaks.push(leak)
    this.lines.push(`${leak.key} ${Math.round(leak.rate)}${holder ? ` by ${holder.path}` : ''}`)
  }

  heapGrowth(growth: HeapGrowth): void {
    this.growths.push(growth)
  }
}

/** A search that looks when the test says so, and finds what the test gives it. */
export class SearchByHand {
  readonly sought: Sought[] = []
  readonly pauses: number[] = []
  dueMs: number = Number.POSITIVE_INFINITY
  work = 0
  isClosed = false
  /** What the next step does. */
  next: () => void = () => {}

  seek(seekable: Seekable): Sought {
    const sought = new Sought(seekable, 0)
    this.sought.push(sought)
    return sought
  }

  /** The last search that began. */
  get latest(): Sought {
    return this.sought.at(-1)!
  }

  step(readingMs: number): void {
    this.work++
    this.pauses.push(readingMs)
    this.next()
  }

  close(): void {
    this.isClosed = true
  }
}

export interface OpenedLives {
  readonly lives: Lives
  readonly told: Told
  readonly search: SearchByHand
  /** What the clock says, and how much memory is left. */
  nowMs: number
  headroomBytes: number
}

/**
 * @param isSearched - false: nobody looks for holders
 * @param also - makes another inquiry, of the clock
 * @param traces - what that one sees
 */
export function openLives({
  isSearched = false,
  listener,
  also,
  traces = new Traces(),
}: {
  isSearched?: boolean
  listener?: LeakListener
  also?: (now: () => number) => Inquiry
  traces?: Traces
} = {}): OpenedLives {
  const now = (): number => opened.nowMs
  const told = new Told()
  const search = new SearchByHand()
  const opened: OpenedLives = {
    told,
    search,
    nowMs: 0,
    headroomBytes: Number.POSITIVE_INFINITY,
    lives: new Lives({
      now,
      headroomBytes: () => opened.headroomBytes,
      inquiries: [
        ...(isSearched ? [new HolderInquiry(search, traces)] : []),
        ...(also ? [also(now)] : []),
      ],
      listener: listener ?? told,
    }),
  }
  return opened
}

/** Nothing but readings, a second apart, and one route. */
export function observed(
  readings: number = THRESHOLDS.leak.minReadings,
  route: Partial<RouteSeries> = {},
): Observation {
  const { routes, ...rest } = handmade([{ route: '/a', ended: new Array(readings).fill(0) }], [])
  const timeMs = Array.from({ length: readings }, (_, at) => 1000 * at)
  return { ...rest, timeMs, routes: [{ ...routes[0]!, watched: 0, ...route }] }
}
