/** The events of a log: when a line of each is written, at what level, and with which fields. */
import type { FieldTable } from './field'
import { LEAK } from './fields/leak'
import { MEASURE } from './fields/measure'
import { PROCESS } from './fields/process'
import { REQUEST } from './fields/request'
import { ROUTE_LINE } from './fields/route'
import { START } from './fields/start'
import { STOP } from './fields/stop'
import { WARNING } from './fields/warning'
import type { EventName, FieldsOf, LineBase } from './lines'

type EventTable = {
  readonly [E in EventName]: {
    readonly level: LineBase['level']
    readonly when: string
    /** Besides `event` and those of every line. */
    readonly fields: FieldTable<FieldsOf<E>>
  }
}

export const EVENTS: EventTable = {
  start: { level: 30, when: 'the first server of the process listens', fields: START },
  request: {
    level: 20,
    when: 'per finished request, with `MEMPROF_LEVEL=debug`; written at the end of the interval',
    fields: REQUEST,
  },
  route: {
    level: 30,
    when: 'per interval, for each route that had requests',
    fields: ROUTE_LINE,
  },
  process: { level: 30, when: 'per interval', fields: PROCESS },
  leak: {
    level: 40,
    when: 'a verdict becomes `leaking` or changes materially, and when its holders are found',
    fields: LEAK,
  },
  measure: { level: 30, when: '`measure(label, fn)` of the API ended', fields: MEASURE },
  warning: { level: 40, when: 'something is off, once each', fields: WARNING },
  stop: { level: 30, when: 'the process ends, or `stop()` is called', fields: STOP },
}
