/** A line of memprof's as the commands see it: read, checked and cut by decode.ts. */
import type { EventName, Line } from '../../schema/lines'

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

export type LogLine = Envelope & Line
export type LogLineOf<E extends EventName> = Envelope & Extract<Line, { event: E }>

/** The last millisecond that a Date can hold. */
export const MAX_TIME_MS = 8.64e15
