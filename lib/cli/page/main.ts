/** Draws the page from its JSON block. */
import { openClock } from './clock'
import type { PageData } from '../view/page-data'
import { byId } from './dom'
import { showFindings } from './findings'
import { showKept } from './icicle'
import { showMemory } from './memory-chart'
import { showNotes, showProcesses } from './processes'
import { showRoutes } from './routes'
import { onPrint } from './theme'
import { openTimeView } from './time-view'

const data = JSON.parse(byId('data').textContent ?? '') as PageData
document.title = `${data.title}: memprof report`
byId('title').textContent = data.title
const span = data.span ? data.span.toMs - data.span.fromMs : 0
const clock = openClock(data.span?.fromMs ?? 0, span)
const view = openTimeView(span)

showFindings(data)
if (data.span) {
  showMemory(data, view, clock)
  showRoutes(data, view, clock)
  showKept(data)
  showProcesses(data, clock)
} else for (const id of ['memory', 'routes', 'kept', 'processes']) byId(id).remove()
showNotes(data)

onPrint((printing) => {
  if (printing) document.documentElement.dataset['print'] = ''
  else delete document.documentElement.dataset['print']
})
