/** Verdicts as sentences a person can act on. */
import type { Site } from '../../schema'
import type { LeakSummary, RouteSummary } from '../summary'
import { formatBytes, formatCount, formatInterval, formatSeconds } from './numbers'
import { printable } from './printable'

/** `GET /users/:id`; a route without a method (`(other)`) by its pattern alone. */
export function routeName({ method, route }: { method: string; route: string }): string {
  return printable([method, route].filter(Boolean).join(' '))
}

export function placeName({ function: name, file, line }: Site): string {
  return `${printable(name)} (${printable(file)}:${line})`
}

/** Who leaks: a route, several, or the process. */
export function leakSubject({ scope, method, route }: LeakSummary): string {
  if (scope === 'route') return routeName({ method, route })
  if (scope === 'process') return 'The process'
  return route === '' ? 'Every route' : `Every route below ${printable(route)}`
}

const KIND_WORDS = { heap: '', buffers: ' of buffers', native: ' of native memory' } as const

/** `1.4 kB per request (1.3 to 1.6 kB)`; null where no figure is known. */
export function leakFigure(leak: LeakSummary): string | null {
  const perSecond = leak.bytesPerSecond !== null
  const rate = leak.bytesPerRequest ?? leak.bytesPerSecond
  if (rate === null) return null
  const figure = `${formatBytes(rate)}${KIND_WORDS[leak.kind]} per ${perSecond ? 'second' : 'request'}`
  return leak.ci95 === null ? figure : `${figure} (${formatInterval(leak.ci95)})`
}

/**
 * `GET /v1/search keeps 1.4 kB per request (1.3 to 1.6 kB): allocated in search (services/search.js:3),
 * kept by search.cache.__data__ (Map, 41,302). 2 h 10 min to the memory limit.`
 */
export function leakSentence(leak: LeakSummary): string {
  const keeps = leak.since === null ? 'keeps' : 'was seen to keep'
  const said = [`${leakSubject(leak)} ${keeps} ${leakFigure(leak) ?? 'memory'}`]
  const where: string[] = []
  const [site] = leak.sites
  if (site) where.push(`allocated in ${placeName(site)}`)
  const [holder] = leak.holders
  if (holder) {
    where.push(`kept by ${printable(holder.path)} (${holder.kind}, ${formatCount(holder.size)})`)
  }
  if (where.length > 0) said.push(`: ${where.join(', ')}`)
  said.push('.')
  if (leak.since !== null) said.push(` It stopped: the route is now ${leak.since}.`)
  else if (leak.secondsToLimit !== null) {
    said.push(` ${formatSeconds(leak.secondsToLimit)} to the memory limit.`)
  }
  return said.join('')
}

/** What a route's row says of retention: `1.4 kB (1.3 to 1.6 kB)`, or the floor it stays below. */
export function retentionText(route: RouteSummary): string {
  const { verdict, retainedBytesPerRequest, ci95, floorBytesPerRequest } = route
  if (verdict === 'leaking' && retainedBytesPerRequest !== undefined) {
    const figure = formatBytes(retainedBytesPerRequest)
    return ci95 ? `${figure} (${formatInterval(ci95)})` : figure
  }
  if (verdict === 'insufficient-data' || floorBytesPerRequest === undefined) return ''
  return `< ${formatBytes(floorBytesPerRequest)}`
}
