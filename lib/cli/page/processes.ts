/** The processes of the log, from their start to their end. */
import { formatBytes, formatCount } from '../view/numbers'
import type { Clock } from './clock'
import type { PageData } from '../view/page-data'
import { byId, make, makeTable } from './dom'

export function showProcesses(data: PageData, clock: Clock): void {
  const section = byId('processes')
  if (data.processes.length === 0) {
    section.append(make('p', {}, 'None.'))
    return
  }
  const bytes = (value: number | null): string => (value === null ? '–' : formatBytes(value))
  section.append(
    makeTable(
      'Processes',
      [
        { label: 'Process' },
        { label: 'First line' },
        { label: 'Last line' },
        { label: 'End' },
        { label: 'Requests', numeric: true },
        { label: 'Most rss', numeric: true },
        { label: 'Live heap', numeric: true },
        { label: 'About it' },
      ],
      data.processes.map((one) => [
        one.name,
        clock.moment(one.startMs),
        clock.moment(one.endMs),
        one.end,
        formatCount(one.requests),
        bytes(one.maxRssBytes),
        bytes(one.liveHeapBytes),
        one.facts.join('; '),
      ]),
    ),
  )
}

export function showNotes(data: PageData): void {
  byId('notes').append(make('ul', {}, ...data.notes.map((note) => make('li', {}, note))))
}
