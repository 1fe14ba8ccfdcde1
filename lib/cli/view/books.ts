/** What the live heap grew by and what that was, in words. */
import type { ShowName } from '../../emit/leak-words'
import { type Booked, bookedOf, type OpenGrowth, openGrowth } from '../summary/books'
import type { InstanceSummary, LogSummary } from '../summary/summary'
import { formatBytes, formatCount, formatInterval, formatSeconds } from './numbers'
import { printable } from './printable'

/** Services whose books are told. */
const MAX_SERVICES = 5

/**
 * `The live heap grew by 12 MB in 24 min: 10 MB are leaks that were told, 1.7 MB memprof's own, 400 kB
 * has stopped, 100 kB (-900 kB to 1.0 MB) is open.` One for each service: of several processes that with
 * the most open.
 */
export function booksSentences(summary: LogSummary, show: ShowName = printable): string[] {
  return mostOpen(summary).map(({ booked, of }) => {
    const { bytes, toldBytes, ownBytes, stoppedBytes, openBytes, ci95, seconds } = booked.growth
    const several =
      of === 1 ? '' : `, the one of ${formatCount(of)} processes with the most of it open,`
    const whose =
      summary.instances.length === 1
        ? 'The live heap'
        : `The live heap of ${show(processName(booked))}${several}`
    const grew = bytes < 0 ? 'shrank' : 'grew'
    const parts = [
      ...(toldBytes > 0 ? [`${formatBytes(toldBytes)} are leaks that were told`] : []),
      `${formatBytes(ownBytes)}${toldBytes > 0 ? '' : ' are'} memprof's own`,
      stoppedBytes < 0
        ? `${formatBytes(-stoppedBytes)} was freed`
        : `${formatBytes(stoppedBytes)} has stopped`,
      `${formatBytes(openBytes)} (${formatInterval(ci95)}) is open`,
    ]
    return `${whose} ${grew} by ${formatBytes(Math.abs(bytes))} in ${formatSeconds(seconds)}: ${parts.join(', ')}.`
  })
}

/** The same for one line of a screen: `grew   12 MB in 24 min: 100 kB open, 10 MB told, …`. */
export function booksLine(summary: LogSummary): string | null {
  const [most] = mostOpen(summary).toSorted((a, b) => lowOf(b.booked) - lowOf(a.booked))
  if (!most) return null
  const { booked, of } = most
  const { bytes, toldBytes, ownBytes, stoppedBytes, openBytes, seconds } = booked.growth
  const parts = [
    `${formatBytes(openBytes)} open`,
    ...(toldBytes > 0 ? [`${formatBytes(toldBytes)} told`] : []),
    `${formatBytes(stoppedBytes)} stopped`,
    `${formatBytes(ownBytes)} own`,
  ]
  const whose = of === 1 ? '' : ` (${processName(booked)}, most open of ${formatCount(of)})`
  return `grew ${formatBytes(bytes).padStart(7)} in ${formatSeconds(seconds)}${whose}: ${parts.join(', ')}`
}

/** Of each service with books the process with the most open, and how many it has. */
function mostOpen(summary: LogSummary): Array<{ booked: Booked; of: number }> {
  const byService = new Map<string, Booked[]>()
  for (const booked of bookedOf(summary)) {
    const others = byService.get(booked.service)
    if (others) others.push(booked)
    else byService.set(booked.service, [booked])
  }
  return [...byService.values()].slice(0, MAX_SERVICES).map((all) => ({
    booked: all.reduce((a, b) => (lowOf(b) > lowOf(a) ? b : a)),
    of: all.length,
  }))
}

/** What is open beyond doubt. */
function lowOf({ growth }: Booked): number {
  return growth.ci95[0]
}

/**
 * What is known where no leak is told, though the books are open; null where they are closed, or a leak
 * tells of what is open.
 */
export function openSentence(summary: LogSummary): string | null {
  const open = openGrowth(summary)
  const going = summary.leaks.filter(({ since }) => since === null)
  if (open === null || going.some(({ scope }) => scope === 'open')) return null
  const heap = growingHeap(open, summary.instances.length)
  const together = open.processes === 1 ? '' : ' together'
  const rate = `${formatBytes(open.bytesPerMinute)} per minute${together}`
  const grows =
    going.length === 0
      ? `No leak was found, but the ${heap} by ${rate}`
      : `The ${heap} by another ${rate}`
  return `${grows}, and nobody is known to pay for it yet. Let it run longer: more requests and readings may tell whose it is.`
}

function growingHeap({ processes }: OpenGrowth, of: number): string {
  if (processes > 1) return `live heaps of ${formatCount(processes)} processes grow`
  return of === 1 ? 'live heap grows' : 'live heap of one process grows'
}

/** `web-1 4711`, `web-1 4711 thread 2` */
export function processName({ hostname, pid, threadId }: InstanceSummary): string {
  return `${printable(hostname, 40)} ${pid}${threadId === 0 ? '' : ` thread ${threadId}`}`
}
