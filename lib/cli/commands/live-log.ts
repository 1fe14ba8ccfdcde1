/**
 * A log as `memprof top` knows it after each line: what its summary says, what happens now, and what
 * other programs wrote between the lines.
 */
import type { LogLine } from '../log/log-line'
import { type LogReader, openLogReader } from '../log/read-log'
import { type LiveState, openLive } from '../summary/live'
import { openSummary } from '../summary/builder'
import { type LogSummary } from '../summary/summary'
import { printable } from '../view/printable'
import { leakSentence } from '../view/sentences'

/** Lines of other programs that are kept, and characters of each. */
const MAX_OTHERS = 100
const MAX_OTHER_CHARS = 500
/** Leaks whose sentence was written once. */
const MAX_TOLD = 1000

export interface LiveLog {
  readonly reader: LogReader
  summary(): LogSummary
  state(): LiveState
  /** Lines of other programs as they may be shown, newest last. */
  readonly others: readonly string[]
  /** A sentence for each leak that has had none yet, and another one once it is known what keeps it. */
  takeNewLeaks(): string[]
}

/** @param came - a line was read; null: one of another program */
export function openLiveLog(came: (line: LogLine | null) => void): LiveLog {
  const builder = openSummary()
  const live = openLive()
  const others: string[] = []
  const told = new Set<string>()
  const reader = openLogReader({
    line(line) {
      builder.line(line)
      live.line(line)
      came(line)
    },
    other(line) {
      others.push(printable(line.toString('utf8', 0, MAX_OTHER_CHARS * 4), MAX_OTHER_CHARS))
      if (others.length > MAX_OTHERS) others.shift()
      came(null)
    },
  })
  return {
    reader,
    summary: () => builder.summary(),
    state: () => live.state(),
    others,
    takeNewLeaks() {
      const fresh: string[] = []
      for (const leak of builder.summary().leaks) {
        const { service, scope, kind, method, route, holders, since } = leak
        const key = [service, scope, kind, method, route].join('\n') + (holders[0]?.path ?? '')
        if (since !== null || told.has(key) || told.size >= MAX_TOLD) continue
        told.add(key)
        fresh.push(leakSentence(leak))
      }
      return fresh
    },
  }
}
