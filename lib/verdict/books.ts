/**
 * The books: what the live heap grew by over the observation, and what that was. docs/method.md, "The
 * books".
 *
 *     growth = leaks whose payer is known + memprof's own + what has stopped + open
 *
 * The live heap after a major GC is exact, so what nobody was found for is known in bytes even where its
 * payer is not. Open is what goes on in the second half of the observation; what has stopped is the rest:
 * warm-up, caches that are full.
 */
import type { Interval } from '../schema/lines'
import { Z95 } from '../stats/normal'
import { slopeOf } from '../stats/slope'
import { sumOf, sumSeries } from './growth'
import type { MeasuredLeak } from './leak'
import type { Observation } from './observation'
import { type Evidence, grownBy } from './span'

/** A part of the growth, bytes. */
export interface Part {
  readonly bytes: number
  readonly ci95: Interval
}

export interface Books {
  /** Of the observation, without its warm-up. */
  readonly durationMs: number
  /** The sum of the others. */
  readonly bytes: number
  /** Of leaks whose payer is known. */
  readonly told: Part
  readonly own: Part
  readonly stopped: Part
  readonly open: Part
  /** What is open grows beyond doubt, in both halves of what it is measured over. */
  readonly isGrowing: boolean
}

/** @param leaks - on the heap */
export function booksOf(leaks: readonly MeasuredLeak[], evidence: Evidence): Books {
  const { observation, span, thresholds } = evidence
  const { liveHeapBytes, places, timeMs } = observation
  const { ownFactor, minNoiseBytes, correlation } = thresholds.calibration
  const { ownBiasSd, minOpenBytes, minOpenShare, minHalfShare } = thresholds.books
  const ofMemprof = places.filter(({ origin }) => origin === 'memprof')
  const own = sumSeries(ofMemprof, timeMs.length, 'liveBytes').map((bytes) => ownFactor * bytes)
  const told = timeMs.map((_, at) =>
    sumOf(
      leaks.map(
        ({ leak, payer: { exposure } }) => leak.rate * (exposure[at]! - exposure[span.first]!),
      ),
    ),
  )
  const left = liveHeapBytes.map((bytes, at) => bytes - own[at]! - told[at]!)
  const kept = keptByDebugger(left, observation)
  const rest = left.map((bytes, at) => bytes - kept[at]!)
  const middle = Math.floor((span.first + span.last) / 2)
  const half = { first: middle, last: span.last }
  const slope = slopeOf(
    timeMs.slice(middle, span.last + 1),
    rest.slice(middle, span.last + 1),
    minNoiseBytes,
  )
  const durationMs = grownBy(timeMs, span)
  const toldSd = Math.hypot(...leaks.map(({ leak: { ci95, exposure } }) => sdOf(ci95) * exposure))
  const openBytes = slope.perX * durationMs
  const open = part(openBytes, Math.hypot(correlation * slope.sd * durationMs, toldSd))
  const bytes = grownBy(liveHeapBytes, span)
  const toldBytes = grownBy(told, span)
  const ownBytes = grownBy(own, span) + grownBy(kept, span)
  const ownSd = ownBiasSd * Math.abs(ownBytes)
  const stoppedSd = Math.hypot(correlation * slope.sd * durationMs, ownSd)
  const leastBytes = Math.max(minOpenBytes, minOpenShare * liveHeapBytes[span.last]!)
  const quarter = Math.floor((middle + span.last) / 2)
  const isSteady = [
    { ...half, last: quarter },
    { ...half, first: quarter },
  ].every((of) => grownBy(rest, of) >= minHalfShare * slope.perX * grownBy(timeMs, of))
  return {
    durationMs,
    bytes,
    told: part(toldBytes, toldSd),
    own: part(ownBytes, ownSd),
    stopped: part(bytes - toldBytes - ownBytes - openBytes, stoppedSd),
    open,
    isGrowing: open.ci95[0] > 0 && openBytes >= leastBytes && isSteady,
  }
}

/**
 * What V8's debugger makes promises keep is memprof's doing: what the heap rose by while it was on, beyond
 * what it rises by else. What falls in one window rises in the next.
 */
function keptByDebugger(bytes: readonly number[], { debugged, timeMs }: Observation): number[] {
  const rises = bytes.map((of, at) => of - (bytes[at - 1] ?? of))
  const lasted = timeMs.map((ms, at) => ms - (timeMs[at - 1] ?? ms))
  const isDebugged = (at: number): boolean => at > 0 && debugged[at] !== debugged[at - 1]
  const usual = rises.flatMap((rise, at) => (at === 0 || isDebugged(at) ? [] : rise / lasted[at]!))
  usual.sort((a, b) => a - b)
  const perMs = Math.max(0, usual[usual.length >> 1] ?? 0)
  let kept = 0
  return rises.map((rise, at) => {
    if (isDebugged(at)) kept += Math.max(0, rise - perMs * lasted[at]!)
    return kept
  })
}

/** The books as long as a leak is not told: it is open then. */
export function withOpen(
  books: Books,
  { retainedBytes, ci95, exposure }: MeasuredLeak['leak'],
): Books {
  const { told, open } = books
  return {
    ...books,
    told: part(told.bytes - retainedBytes, sdOf(told.ci95)),
    open: part(open.bytes + retainedBytes, Math.hypot(sdOf(open.ci95), sdOf(ci95) * exposure)),
  }
}

function part(bytes: number, sd: number): Part {
  return { bytes, ci95: [bytes - Z95 * sd, bytes + Z95 * sd] }
}

function sdOf([low, high]: Interval): number {
  return (high - low) / 2 / Z95
}
