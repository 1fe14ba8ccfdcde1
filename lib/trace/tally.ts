/** Who did it: amounts by mark, and by route once the requests have ended. */
import type { Mark } from '../record/request-marks'
import type { EntriesOf, Shares } from '../verdict/observation'
import { addedByRoute, scaledShare, sharesByRoute } from '../verdict/traced'

/** Requests told apart, at most; what others do is lost. */
const MAX_REQUESTS = 8192
/** This long after its request ended, ms, a mark says little: a connection opened in a request has it for ever. */
const STALE_MS = 2000
/** What requests did before they ended, from which what was done later need not be asked. */
const ENOUGH_IN_TIME = 20
/** One route alone: at least this share. */
const ALONE_SHARE = 0.97

interface Amounts {
  inTime: number
  /** Done after the request had ended. */
  late: number
}

export class Tally {
  readonly #byRequest: Map<Mark, Amounts> = new Map()
  #idle = 0
  #lost = 0
  #total = 0

  get total(): number {
    return this.#total
  }

  note(mark: Mark | null, amount: number, nowMs: number): void {
    this.#total += amount
    if (mark?.kind === 'idle') {
      this.#idle += amount
      return
    }
    const isFresh = mark?.kind === 'request' && nowMs - mark.endedMs <= STALE_MS
    const of = isFresh ? this.#ofRequest(mark) : null
    if (!of) this.#lost += amount
    else if (nowMs > mark!.endedMs) of.late += amount
    else of.inTime += amount
  }

  /** Each request counts once: one may run a function a thousand times. */
  noteOnce(mark: Mark | null, nowMs: number): void {
    if (mark?.kind === 'request' && this.#byRequest.has(mark)) return
    this.note(mark, 1, nowMs)
  }

  /** What is left of it without what the same requests did in `removed`. */
  less(removed: Tally): Tally {
    const left = new Tally()
    left.#idle = this.#idle
    left.#lost = this.#lost
    left.#total = this.#idle + this.#lost
    for (const [mark, { inTime, late }] of this.#byRequest) {
      const undone = removed.#byRequest.get(mark)
      const gone = undone ? undone.inTime + undone.late : 0
      const amounts = {
        inTime: Math.max(0, inTime - gone),
        late: Math.max(0, late - Math.max(0, gone - inTime)),
      }
      if (amounts.inTime + amounts.late === 0) continue
      left.#byRequest.set(mark, amounts)
      left.#total += amounts.inTime + amounts.late
    }
    return left
  }

  /** By route and by how its requests ended, of those that have. */
  outcomes(): EntriesOf[] {
    const ended = [...this.#byRequest].filter(([mark]) => hasEnded(mark))
    return addedByRoute(
      ended.map(([{ routeId: index, outcome }, { inTime, late }]) => ({
        index,
        aborted: 0,
        failed: 0,
        others: 0,
        [outcome ?? 'others']: inTime + late,
      })),
    )
  }

  #ofRequest(mark: Mark): Amounts | null {
    const known = this.#byRequest.get(mark)
    if (known || this.#byRequest.size >= MAX_REQUESTS) return known ?? null
    const amounts = { inTime: 0, late: 0 }
    this.#byRequest.set(mark, amounts)
    return amounts
  }

  /**
   * Of all but the requests that are in flight still.
   *
   * A queue runs the job of one request in the turn of another, which is over by then: what is done late
   * says nothing where enough was done in time. Where hardly anything was, and one route alone did it
   * all, it is what that does after its answer; else it is lost.
   */
  shares(): Shares {
    const ended = [...this.#byRequest].filter(([mark]) => hasEnded(mark))
    const byRoute = new Map<number, Amounts>()
    for (const [{ routeId }, { inTime, late }] of ended) {
      const of = byRoute.get(routeId) ?? { inTime: 0, late: 0 }
      byRoute.set(routeId, { inTime: of.inTime + inTime, late: of.late + late })
    }
    const all = [...byRoute.values()]
    const inTime = all.reduce((sum, of) => sum + of.inTime, 0)
    const late = all.reduce((sum, of) => sum + of.late, 0)
    const most = Math.max(0, ...all.map((of) => of.inTime + of.late))
    const isOfOne = most >= ALONE_SHARE * (inTime + late)
    const lateCounts = isOfOne && inTime < ENOUGH_IN_TIME
    const lost = this.#lost + (lateCounts || inTime >= ENOUGH_IN_TIME ? 0 : late)
    const amountOf = (of: Amounts): number => of.inTime + (lateCounts ? of.late : 0)
    const seen = all.reduce((sum, of) => sum + amountOf(of), this.#idle + lost)
    const shareOf = (amount: number): number => (seen === 0 ? 0 : amount / seen)
    return {
      seen,
      // Amounts are whole numbers: they are added up before they become shares.
      routes: sharesByRoute(
        ended
          .filter(([, of]) => amountOf(of) > 0)
          .map(([{ routeId: index, whole }, of]) => {
            const share = amountOf(of)
            const isPart = whole !== null && hasEnded(whole)
            return {
              index,
              share,
              ...(isPart ? { within: [{ index: whole.routeId, share }] } : {}),
            }
          }),
      ).map((route) => scaledShare(route, 1 / seen)),
      idle: shareOf(this.#idle),
      lost: shareOf(lost),
    }
  }
}

/** Its route is known. */
function hasEnded({ endedMs }: Mark): boolean {
  return endedMs < Number.POSITIVE_INFINITY
}
