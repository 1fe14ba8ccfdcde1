/** Who did it: amounts by mark, and by route once the requests have ended. */
import type { Mark } from '../record/request-marks'
import type { Shares } from '../verdict/observation'

/** Requests told apart, at most; what others do is lost. */
const MAX_REQUESTS = 8192
/** This long after its request ended, ms, a mark says little: a connection opened in a request has it for ever. */
const STALE_MS = 2000

export class Tally {
  readonly #byRequest: Map<Mark, number> = new Map()
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
    const isKnown = mark?.kind === 'request' && nowMs - mark.endedMs <= STALE_MS
    const before = isKnown ? this.#byRequest.get(mark) : undefined
    const isRoom = before !== undefined || this.#byRequest.size < MAX_REQUESTS
    if (isKnown && isRoom) this.#byRequest.set(mark, (before ?? 0) + amount)
    else this.#lost += amount
  }

  /** Of all but the requests that are in flight still. */
  shares(): Shares {
    const byRoute = new Map<number, number>()
    for (const [{ routeId, endedMs }, amount] of this.#byRequest) {
      if (endedMs === Number.POSITIVE_INFINITY) continue
      byRoute.set(routeId, (byRoute.get(routeId) ?? 0) + amount)
    }
    const seen = [...byRoute.values()].reduce(
      (sum, amount) => sum + amount,
      this.#idle + this.#lost,
    )
    const shareOf = (amount: number): number => (seen === 0 ? 0 : amount / seen)
    return {
      seen,
      routes: [...byRoute]
        .map(([index, amount]) => ({ index, share: shareOf(amount) }))
        .sort((a, b) => b.share - a.share),
      idle: shareOf(this.#idle),
      lost: shareOf(this.#lost),
    }
  }
}
