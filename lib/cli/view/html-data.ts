/**
 * The summary of a log -> what the page draws. Every text passes `printable` here, every list and
 * series gets its limit, and what is cut is said in the notes.
 */
import type {
  Finding,
  KeptBytes,
  Mark,
  PageData,
  ProcessCurve,
  ProcessData,
  RouteCurve,
  RouteData,
} from './page-data'
import { routeName } from '../../emit/leak-words'
import type { ReadCounts } from '../log/read-log'
import { lastLiveHeap } from '../summary/series'
import type { InstanceSummary, LeakSummary, LogSummary, RouteSummary } from '../summary/summary'
import { booksSentences } from './books'
import { keptBytes } from './html-kept'
import { countOf, formatBytes, formatCount, formatSeconds } from './numbers'
import { endOf, nothingToReport, notes, otherVerdicts } from './overview'
import { printable } from './printable'
import { ratesOf } from './request-rates'
import { holderName, leakDetails, leakSentence, retentionText, whereItLeaks } from './sentences'

/** Leaks that get a sentence and a box in the icicle. */
const MAX_FINDINGS = 100
/** Rows of the table of routes. */
const MAX_ROUTES = 1000
/** Routes with a curve: 128 points each at most. */
const MAX_ROUTE_CURVES = 100
const MAX_PROCESSES = 500
/** Processes with a curve: 256 points each at most. */
const MAX_PROCESS_CURVES = 64
/** Events that the charts mark. */
const MAX_MARKS = 400
const MAX_WARNINGS = 50
const MAX_SENTENCE_CHARS = 1000
export function pageData(summary: LogSummary, counts: ReadCounts): PageData {
  const { from, to, leaks, routes, instances, warnings } = summary
  const start = from ?? 0
  const cuts: string[] = []
  const cut = <T>(list: readonly T[], max: number, what: string): readonly T[] => {
    if (list.length > max) {
      cuts.push(`The first ${formatCount(max)} of ${formatCount(list.length)} ${what} are shown.`)
    }
    return list.slice(0, max)
  }
  const shownLeaks = cut(leaks, MAX_FINDINGS, 'leaks')
  const allMarks = marksOf(summary, shownLeaks, start)
  const kept = keptBytes(shownLeaks)
  const data: PageData = {
    title: summary.services.map((service) => printable(service)).join(', ') || 'memprof',
    facts: factsOf(summary),
    span: from === null || to === null ? null : { fromMs: from, toMs: to },
    findings: shownLeaks.map((leak) => findingOf(leak, summary)),
    calm: calmSentences(summary, counts),
    marks: cut(allMarks, MAX_MARKS, 'events in the charts').toSorted((a, b) => a.atMs - b.atMs),
    books: booksSentences(summary),
    processes: cut(instances, MAX_PROCESSES, 'processes').map((instance, at) =>
      processOf(instance, summary, at < MAX_PROCESS_CURVES),
    ),
    routes: cut(routes, MAX_ROUTES, 'routes, the leaking ones first,').map((route, at) =>
      routeOf(route, summary, at < MAX_ROUTE_CURVES),
    ),
    kept,
    keptNotes: kept ? keptNotes(summary, shownLeaks, kept) : [NOTHING_KEPT],
    warnings: cut(warnings, MAX_WARNINGS, 'kinds of warnings').map(({ msg, code, count }) => {
      const times = count > 1 ? ` (${formatCount(count)} times)` : ''
      return printable(msg || code, MAX_SENTENCE_CHARS) + times
    }),
    notes: [],
  }
  return { ...data, notes: notesOf(summary, counts, cuts) }
}

const NOTHING_KEPT = 'No leak with a known size was found, so there are no bytes to tell apart.'

function factsOf({ instances, routes }: LogSummary): string[] {
  if (instances.length === 0) return []
  const requests = instances.reduce((sum, one) => sum + one.requests, 0)
  const versions = (of: (instance: InstanceSummary) => string | undefined): string => {
    const all = new Set(instances.map(of).filter((version) => version !== undefined))
    return [...all]
      .slice(0, 5)
      .map((version) => printable(version))
      .join(', ')
  }
  const said = [
    countOf(instances.length, 'process', 'processes'),
    countOf(requests, 'request'),
    countOf(routes.length, 'route'),
  ]
  const app = versions(({ version }) => version || undefined)
  const node = versions(({ start }) => start?.versions.node)
  const memprof = versions(({ start }) => start?.versions.memprof)
  if (app) said.push(`version ${app}`)
  if (node) said.push(`Node.js ${node}`)
  if (memprof) said.push(`memprof ${memprof}`)
  return [said.join(', ')]
}

function calmSentences(summary: LogSummary, counts: ReadCounts): string[] {
  const nothing = nothingToReport(summary, counts)
  return nothing === null
    ? otherVerdicts(summary)
    : [printable(`${capitalised(nothing.problem)}. ${nothing.advice}`, MAX_SENTENCE_CHARS)]
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function findingOf(leak: LeakSummary, summary: LogSummary): Finding {
  const facts: string[] = []
  if (leak.requests > 0) facts.push(`seen over ${countOf(leak.requests, 'request')}`)
  if (leak.retainedBytes > 0) facts.push(`${formatBytes(leak.retainedBytes)} kept so far`)
  const where = whereItLeaks(leak, summary)
  if (where !== null) facts.push(where)
  // The places have lists of their own here.
  facts.push(...leakDetails({ ...leak, sites: [], holders: [] }))
  return {
    sentence: printable(leakSentence(leak), MAX_SENTENCE_CHARS),
    over: leak.since !== null,
    facts,
    sites: leak.sites.map((site) => ({
      function: printable(site.function),
      place: `${printable(site.file)}:${site.line}:${site.column}`,
      bytes: site.bytes,
      share: site.share,
    })),
    holders: leak.holders.map((holder) => holderName(holder)),
  }
}

function pidOf({ pid, threadId }: InstanceSummary): string {
  return threadId === 0 ? `pid ${pid}` : `pid ${pid}, thread ${threadId}`
}

/** The leaks, then the starts and ends of processes where there are several. */
function marksOf(summary: LogSummary, leaks: readonly LeakSummary[], start: number): Mark[] {
  const { instances, to } = summary
  const marks: Mark[] = leaks.map((leak, at) => ({
    kind: 'leak',
    atMs: leak.firstTime - start,
    text: printable(leakSentence(leak), MAX_SENTENCE_CHARS),
    finding: at + 1,
  }))
  if (instances.length < 2) return marks
  const known = new Map(instances.map((instance) => [instance.instance, instance]))
  for (const instance of instances) {
    const { firstTime, lastTime, stop, replaces } = instance
    const before = replaces === null ? undefined : known.get(replaces)
    marks.push({
      kind: 'start',
      atMs: firstTime - start,
      text: `${pidOf(instance)} ${before ? `took over from ${pidOf(before)}` : 'started'}`,
    })
    const end = endOf(instance, to)
    if (end === 'runs') continue
    marks.push({
      kind: 'stop',
      atMs: (stop?.time ?? lastTime) - start,
      text: `${pidOf(instance)} ended (${end})`,
    })
  }
  return marks
}

function processOf(
  instance: InstanceSummary,
  { from, to }: LogSummary,
  withCurve: boolean,
): ProcessData {
  const start = from ?? 0
  const { firstTime, lastTime, stop, memory, gc, self, hostname } = instance
  const facts = [printable(hostname)]
  if (instance.start) facts.push(`Node.js ${printable(instance.start.versions.node)}`)
  facts.push(
    `${countOf(gc.major, 'major GC')}, ${formatSecondsOfMs(gc.pauseMs)} paused`,
    `memprof itself: ${formatSecondsOfMs(self.cpuMs)} of CPU, ${formatBytes(self.heapBytes)} of heap`,
  )
  if (instance.dropped > 0) facts.push(`${countOf(instance.dropped, 'request')} not recorded`)
  if (instance.secondsToLimit !== null && !stop) {
    facts.push(`${formatSeconds(instance.secondsToLimit)} to the memory limit`)
  }
  for (const { name, version, why } of instance.start?.notHooked ?? []) {
    facts.push(printable(`not hooked: ${name} ${version} (${why})`))
  }
  return {
    name: pidOf(instance),
    facts: facts.filter((fact) => fact !== ''),
    startMs: firstTime - start,
    endMs: lastTime - start,
    end: endOf(instance, to),
    requests: instance.requests,
    maxRssBytes: memory.length === 0 ? null : instance.maxRssBytes,
    liveHeapBytes: lastLiveHeap(memory),
    curve: withCurve ? processCurve(instance, start) : null,
  }
}

function formatSecondsOfMs(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function processCurve(instance: InstanceSummary, start: number): ProcessCurve {
  const { memory, heapLimitBytes, firstTime } = instance
  return {
    // A bucket begins before the first line in it, maybe in the time of the process before.
    atMs: memory.map(({ time }) => Math.max(time, firstTime) - start),
    rssBytes: memory.map(({ rssBytes }) => rssBytes),
    heapUsedBytes: memory.map(({ heapUsedBytes }) => heapUsedBytes),
    liveHeapBytes: memory.map(({ liveHeapBytes }) => liveHeapBytes),
    buffersBytes: memory.map(({ arrayBuffersBytes }) => arrayBuffersBytes),
    heapLimitBytes: memory.map(() => heapLimitBytes),
    majorGcs: memory.map(({ gcMajor }) => gcMajor),
    gcPauseMs: memory.map(({ gcPauseMs }) => Math.round(gcPauseMs * 10) / 10),
  }
}

function routeOf(route: RouteSummary, summary: LogSummary, withCurve: boolean): RouteData {
  const { verdict, requests, errors, durationMs, heapDeltaBytes } = route
  const service = summary.services.length > 1 ? `${printable(route.service)}: ` : ''
  return {
    name: `${service}${routeName(route, printable)}`,
    verdict,
    requests,
    errors,
    p50Ms: durationMs?.p50 ?? null,
    p99Ms: durationMs?.p99 ?? null,
    cleanHeapDeltaBytes: heapDeltaBytes.mean,
    keeps: retentionText(route),
    keptBytesPerRequest: verdict === 'leaking' ? (route.retainedBytesPerRequest ?? null) : null,
    floorBytesPerRequest: route.floorBytesPerRequest ?? null,
    curve: withCurve ? routeCurve(route, summary) : null,
  }
}

function routeCurve({ points, stepMs }: RouteSummary, summary: LogSummary): RouteCurve {
  const start = summary.from ?? 0
  const round = (value: number): number => Number(value.toPrecision(4))
  const rates = ratesOf(points, stepMs, summary)
  return {
    atMs: points.map(({ time }) => Math.max(0, time - start)),
    requestsPerSecond: rates.map(round),
    meanMs: points.map(({ meanMs }) => round(meanMs)),
    p99Ms: points.map(({ p99Ms }) => round(p99Ms)),
    cleanHeapDeltaBytes: points.map(({ cleanHeapDeltaBytes: delta }) =>
      delta === null ? null : Math.round(delta),
    ),
    keptBytesPerRequest: points.map(({ retainedBytesPerRequest }) => retainedBytesPerRequest),
  }
}

function keptNotes(
  { instances }: LogSummary,
  leaks: readonly LeakSummary[],
  kept: KeptBytes,
): string[] {
  const live = instances.flatMap((instance) => lastLiveHeap(instance.memory) ?? [])
  const heap = leaks.every(({ kind }) => kind === 'heap')
  const of =
    heap && instances.length === 1 && live.length === 1
      ? ` of ${formatBytes(live[0]!)} of live heap`
      : ''
  const whose = instances.length === 1 ? '' : ', all processes together, also those that have ended'
  return [
    `${formatBytes(kept.bytes)}${of} are kept by what leaks${whose}, as the newest line of each leak says. ` +
      'A function stands below those that called it. Choose a box to see it as wide as the page.',
  ]
}

function notesOf(summary: LogSummary, counts: ReadCounts, cuts: readonly string[]): string[] {
  const said = [
    `${countOf(counts.lines, 'line')} were read, ${formatCount(counts.memprof)} of them memprof’s.`,
    ...cuts,
  ]
  if (summary.routes.length > MAX_ROUTE_CURVES) {
    said.push(`Curves are drawn for the first ${MAX_ROUTE_CURVES} routes of the table.`)
  }
  if (summary.instances.length > MAX_PROCESS_CURVES) {
    said.push(`Memory is drawn for the first ${MAX_PROCESS_CURVES} processes.`)
  }
  const widest = Math.max(
    0,
    ...summary.instances.map(({ memoryStepMs }) => memoryStepMs),
    ...summary.routes.map(({ stepMs }) => stepMs),
  )
  if (widest > 1000) {
    said.push(
      `A point of a curve stands for up to ${formatSeconds(widest / 1000)}: of memory and p99 the ` +
        'highest in it, of the live heap and the bytes kept the newest, else the mean.',
    )
  }
  return [...said, ...notes(summary, counts)]
}
