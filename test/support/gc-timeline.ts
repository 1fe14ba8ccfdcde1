import { GcLog } from '../../lib/record/gc'

/**
 * A log of collections as drawn, one character per ms from 0: `m` a minor one, `M` a major one, each
 * of 0.5 ms, `.` none.
 */
export function gcTimeline(drawing: string): GcLog {
  const log = new GcLog()
  for (const [ms, mark] of drawing.split('').entries()) {
    if (mark === 'm' || mark === 'M') log.add(ms, 0.5, mark === 'M')
  }
  return log
}
