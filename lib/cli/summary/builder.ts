/**
 * memprof's lines -> what is known in the end. Takes one line at a time and keeps no line but the
 * newest of its kind, so a log of any length fits: what is kept grows with the routes, processes and
 * leaks told apart, and each of those has a limit.
 */
import type { EventName } from '../../schema/lines'
import type { LogLine, LogLineOf } from '../log/log-line'
import { type InstanceTally, Instances } from './instances'
import { Leaks } from './leaks'
import { Measures } from './measures'
import { Routes } from './routes'
import type { LogSummary } from './summary'
import { Warnings } from './warnings'

export interface SummaryOptions {
  /** Lines before are left out, ms since 1970. */
  readonly since?: number | undefined
}

/** Takes lines; says at any time what is known so far. */
export interface SummaryBuilder {
  line(line: LogLine): void
  /** O(routes + instances + their points). */
  summary(): LogSummary
}

/** Where the lines of each event go. */
type Takers = {
  readonly [E in EventName]: (line: LogLineOf<E>, instance: InstanceTally) => void
}

export function openSummary(options: SummaryOptions = {}): SummaryBuilder {
  const since = options.since ?? Number.NEGATIVE_INFINITY
  const instances = new Instances()
  const routes = new Routes()
  const leaks = new Leaks()
  const warnings = new Warnings()
  const measures = new Measures()
  let newestBefore = Number.NEGATIVE_INFINITY
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY

  const takers: Takers = {
    start(line, instance) {
      instance.start = line
    },
    route: (line, instance) => routes.take(line, instance),
    process: (line, instance) => instances.take(line, instance),
    leak: (line, instance) => leaks.take(line, instance, routes),
    warning: (line) => warnings.take(line),
    measure: (line) => measures.take(line),
    stop(line, instance) {
      instance.stop = { time: line.time, reason: line.reason }
      routes.takeVerdicts(line, instance, options.since !== undefined)
    },
    // Their route's line counts them.
    request() {},
  }

  return {
    line(line) {
      const { time } = line
      if (time < since) {
        newestBefore = Math.max(newestBefore, time)
        if (line.event === 'start') instances.takeEarlyStart(line)
        return
      }
      const instance = instances.of(line)
      if (!instance) return
      if (time < from) from = time
      if (time > to) to = time
      const take = takers[line.event] as (line: LogLine, instance: InstanceTally) => void
      take(line, instance)
    },
    summary() {
      const found = instances.summaries()
      return {
        from: finite(from),
        to: finite(to),
        newestBefore: finite(newestBefore),
        services: [...new Set(found.map(({ service }) => service))].sort(),
        instances: found,
        routes: routes.summaries(),
        leaks: leaks.summaries(routes),
        warnings: warnings.summaries(),
        measures: measures.summaries(),
        leftOut: [
          instances.limit,
          routes.limit,
          routes.limitOfInstances,
          leaks.limit,
          warnings.limit,
          measures.limit,
        ].flatMap((limit) => limit.leftOut()),
      }
    },
  }
}

function finite(time: number): number | null {
  return Number.isFinite(time) ? time : null
}
