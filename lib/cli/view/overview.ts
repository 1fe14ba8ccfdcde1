/** What there is to say besides leaks: what was read, what is missing and how to get it, what it cost. */
import type { ShowName } from '../../emit/leak-words'
import { THRESHOLDS } from '../../verdict/thresholds'
import type { ReadCounts } from '../log/read-log'
import { MAX_LINE_BYTES } from '../log/read-log'
import { openGrowth } from '../summary/books'
import type { InstanceSummary, LogSummary } from '../summary/summary'
import { openSentence } from './books'
import { countOf, formatBytes, formatCount, formatMs, formatSeconds, formatTime } from './numbers'
import { printable } from './printable'

/** Judged readings that a verdict takes at least, and requests. */
const { minReadings, minRequests } = THRESHOLDS.leak
/** A process that wrote nothing for so long while others did has ended: lines come each 10 s. */
const SILENT_MS = 60_000

/** `shop 3.2.1: 4 processes, 11,766 requests, 2026-11-23 01:50:02 to 02:14:33 (24 min)`. */
export function headline(summary: LogSummary, show: ShowName = printable): string {
  const { instances, services, from, to } = summary
  const requests = instances.reduce((sum, instance) => sum + instance.requests, 0)
  const names = services.slice(0, 5).map((service) => {
    const versions = new Set(
      instances.filter((of) => of.service === service).map(({ version }) => version),
    )
    const shown = [...versions].slice(0, 3).join(', ')
    return show([service, versions.size > 3 ? `${shown}, …` : shown].filter(Boolean).join(' '))
  })
  if (services.length > 5) names.push(`${services.length - 5} more`)
  const span =
    from === null || to === null
      ? ''
      : `, ${formatTime(from)} to ${endTime(from, to)} (${formatSeconds((to - from) / 1000)})`
  return (
    `${names.join('; ')}: ${countOf(instances.length, 'process', 'processes')}, ` +
    `${countOf(requests, 'request')}${span}`
  )
}

/** The time of the end, without its day where that is the day of the start. */
function endTime(from: number, to: number): string {
  const [day, time] = formatTime(to).split(' ')
  return day === formatTime(from).split(' ')[0] ? time! : `${day} ${time}`
}

/** The time between two readings that is advised where nothing is known yet. */
const QUICK_SECONDS = 2

/** What the routes that do not leak are, in a sentence each; and what to do where too little is known. */
export function otherVerdicts(summary: LogSummary): string[] {
  const { routes, leaks, instances } = summary
  if (routes.length === 0) {
    const advice = leaks.length > 0 ? '' : ' yet: send traffic, and give the log again'
    return [`No request was recorded${advice}.`]
  }
  const of = (verdict: string): number => routes.filter((route) => route.verdict === verdict).length
  const steady = of('steady')
  const plateaued = of('plateaued')
  const unknown = of('insufficient-data')
  const said: string[] = []
  const open = openSentence(summary)
  if (open !== null) said.push(open)
  else if (leaks.every(({ since }) => since !== null) && steady + plateaued > 0) {
    said.push('No leak was found.')
  }
  if (steady > 0) {
    said.push(
      `${countOf(steady, 'route')} ${steady === 1 ? 'keeps' : 'keep'} nothing above the floor in the table: the smallest leak that would have been seen.`,
    )
  }
  if (plateaued > 0) said.push(`${countOf(plateaued, 'route')} grew, then stopped.`)
  if (unknown === 0) return said
  if (openGrowth(summary) !== null) {
    said.push(
      `${countOf(unknown, 'route')}: too few requests or readings to tell, or what nobody is known to pay for may be theirs.`,
    )
  } else if (unknown === routes.length && leaks.length === 0) said.push(...whyNothing(instances))
  else {
    said.push(
      `${countOf(unknown, 'route')}: too few requests or readings to tell. Send more traffic there.`,
    )
  }
  return said
}

function whyNothing(instances: readonly InstanceSummary[]): string[] {
  const configs = instances.flatMap(({ start }) => (start ? [start.config] : []))
  if (configs.length > 0 && configs.every((config) => config['leaks'] === false)) {
    return [
      'No verdicts: the app ran with MEMPROF_LEAKS=off. Unset it to have the leaks looked for.',
    ]
  }
  const intervalMs = Number(configs.at(-1)?.['leakIntervalMs'] ?? Number.NaN)
  const takes = Number.isFinite(intervalMs)
    ? ` At one reading in ${formatSeconds(intervalMs / 1000)}, that is ${formatSeconds((intervalMs * minReadings) / 1000)}.`
    : ''
  return [
    `No verdict yet: it takes ${minReadings} readings of the live heap, with traffic between them, and ${minRequests} requests of a route.${takes}`,
    intervalMs <= QUICK_SECONDS * 1000
      ? 'Let it run longer.'
      : `Let it run longer, or read more often: MEMPROF_LEAK_INTERVAL=${QUICK_SECONDS}s.`,
  ]
}

/** Why there is nothing to report, and what to do; null where there is. */
export function nothingToReport(
  summary: LogSummary,
  counts: ReadCounts,
): { problem: string; advice: string } | null {
  if (summary.instances.length > 0) return null
  if (summary.newestBefore !== null) {
    return {
      problem: `all of memprof's lines are from before --since, the newest from ${formatTime(summary.newestBefore)}`,
      advice: 'Give an earlier time.',
    }
  }
  if (counts.newerVersion > 0) {
    return {
      problem: `all of memprof's ${countOf(counts.newerVersion, 'line')} are of a newer version than this one`,
      advice: 'Update memprof here: npm install memprof@latest.',
    }
  }
  if (counts.lines === 0) {
    return {
      problem: 'the log is empty',
      advice: 'Start the app with node -r memprof/register app.js, and give what it prints.',
    }
  }
  const skipped = skippedLines(counts)
  return {
    problem: `none of the ${countOf(counts.lines, 'line')} read is memprof's${skipped === null ? '' : ` (${skipped})`}`,
    advice:
      'Start the app with node -r memprof/register app.js or memprof run app.js, leave MEMPROF_FORMAT ' +
      'at json and MEMPROF_LEVEL at info, and give what it prints.',
  }
}

/** `2 torn, 1 with a field of the wrong type`; null where nothing was. */
export function skippedLines(counts: ReadCounts): string | null {
  const said: string[] = []
  const say = (count: number, what: string): void => {
    if (count > 0) said.push(`${formatCount(count)} ${what}`)
  }
  say(counts.torn, 'torn')
  say(counts.wrongType, 'with a field missing or of the wrong type')
  say(counts.newerVersion, 'of a newer version of memprof')
  say(counts.tooLong, `longer than ${formatBytes(MAX_LINE_BYTES)}`)
  return said.length === 0 ? null : said.join(', ')
}

/** Notes at the end: what was skipped, how processes ended, what memprof itself took. */
export function notes(
  summary: LogSummary,
  counts: ReadCounts,
  show: ShowName = printable,
): string[] {
  const said: string[] = []
  const skipped = skippedLines(counts)
  if (skipped !== null) said.push(`Skipped lines: ${skipped}.`)
  for (const input of counts.damagedInputs)
    said.push(`${show(input)} is damaged: read up to there.`)
  if (summary.leftOut.length > 0) said.push(`Not told apart: ${summary.leftOut.join('; ')}.`)
  const dropped = summary.instances.reduce((sum, of) => sum + of.dropped, 0)
  if (dropped > 0) {
    said.push(
      `${countOf(dropped, 'request')} overwritten before they were counted: MEMPROF_RING_SIZE makes room for more.`,
    )
  }
  const cost = ownCost(summary)
  if (cost !== null) said.push(cost)
  return said
}

/**
 * `memprof itself: 363 ms of work (0.56 % of the time), 42 ms in pauses, at most 1.2 MB of heap.` The
 * work is all that ran in memprof's timers, its readings and their pauses included.
 */
function ownCost({ instances }: LogSummary): string | null {
  const workMs = instances.reduce((sum, { self }) => sum + self.cpuMs, 0)
  const pauseMs = instances.reduce((sum, { self }) => sum + self.pauseMs, 0)
  const livedMs = instances.reduce((sum, { firstTime, lastTime }) => sum + lastTime - firstTime, 0)
  const heapBytes = Math.max(0, ...instances.map(({ self }) => self.heapBytes))
  if (livedMs === 0) return null
  const share = (workMs / livedMs) * 100
  return (
    `memprof itself: ${formatMs(workMs)} of work (${share.toFixed(share < 0.1 ? 3 : 2)} % of the ` +
    `time), ${formatMs(pauseMs)} in pauses, at most ${formatBytes(heapBytes)} of heap.`
  )
}

/**
 * How a process ended, as far as its log tells.
 *
 * @param to - the newest time of all logs: others have written until then
 */
export function endOf(instance: InstanceSummary, to: number | null): string {
  if (instance.stop) return printable(instance.stop.reason)
  const silentMs = (to ?? instance.lastTime) - instance.lastTime
  return instance.replacedBy !== null || silentMs > SILENT_MS ? 'no last line' : 'runs'
}
