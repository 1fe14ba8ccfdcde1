/** A line of memprof's as the commands see it: read, checked and cut by decode.ts. */
import type { EventName, Line, RouteLine, RouteVerdict, StopLine } from '../../schema/lines'
import type { NamedWork } from '../../schema/work-name'

/** What every line carries beside its own fields. */
export interface Envelope {
  /** pino's: 30 info, 40 warn. */
  readonly level: number
  /** ms since 1970. */
  readonly time: number
  readonly pid: number
  readonly hostname: string
  readonly service: string
  readonly version: string
  readonly instance: string
  /** 0 in the main thread. */
  readonly threadId: number
  /** '' in `route`, `process` and `request` lines: nine in ten, and their fields say all of it. */
  readonly msg: string
}

/** Where somebody works, `method` and `route` are known: of a unit that is no request its kind and name. */
type Known =
  | Exclude<Line, RouteLine | StopLine>
  | (RouteLine & NamedWork)
  | (Omit<StopLine, 'verdicts'> & { verdicts: ReadonlyArray<RouteVerdict & NamedWork> })

export type LogLine = Envelope & Known
export type LogLineOf<E extends EventName> = Envelope & Extract<Known, { event: E }>

/** The last millisecond that a Date can hold. */
export const MAX_TIME_MS = 8.64e15
