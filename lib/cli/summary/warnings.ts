import type { LogLineOf } from '../log/log-line'
import { Limit } from './limit'
import type { WarningSummary } from './summary'

/** Kinds of warnings, each by its service. */
export class Warnings {
  readonly limit: Limit = new Limit(200, 'kinds of warnings')
  readonly #byKey = new Map<string, WarningSummary>()

  take({ service, code, msg, time }: LogLineOf<'warning'>): void {
    const key = `${service}\n${code}`
    const known = this.#byKey.get(key)
    if (!known && !this.limit.admits(this.#byKey.size)) return
    this.#byKey.set(key, {
      service,
      code,
      msg: known && time < known.lastTime ? known.msg : msg,
      count: (known?.count ?? 0) + 1,
      firstTime: Math.min(time, known?.firstTime ?? time),
      lastTime: Math.max(time, known?.lastTime ?? time),
    })
  }

  summaries(): WarningSummary[] {
    return [...this.#byKey.values()].sort((a, b) => a.firstTime - b.firstTime)
  }
}
