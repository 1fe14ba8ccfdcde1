/** A server in the test's own process whose requests are marked and whose slices are watched. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { RequestMarks } from '../../lib/record/request-marks'
import { type Changes, Slices } from '../../lib/trace/slices'
import type { Shares } from '../../lib/verdict/observation'
import type { Stage } from './app'
import { endMark } from './marks'

/** Entries that a request of `/0`, and one of `/1`, adds. */
export const ENTRIES: readonly number[] = [1, 3]

export interface Handled {
  readonly req: http.IncomingMessage
  readonly res: http.ServerResponse
  /** Adds what is to be added for this request. */
  readonly add: () => void
}

export class TracedServer {
  readonly kept: unknown[] = []
  readonly server: http.Server
  readonly marks: RequestMarks = new RequestMarks()
  readonly #slices = new Slices(this.marks, () => performance.now())
  readonly #changes: Changes

  constructor(t: Stage, handle: (handled: Handled) => unknown) {
    this.server = http.createServer((req, res) => {
      const route = Number(req.url!.slice(1))
      // As the hooks do it: before any code of the app's, and once the response is finished.
      const mark = this.marks.arrive(res)
      res.once('finish', () => endMark(mark, route, performance.now()))
      handle({ req, res, add: () => this.addFor(route) })
    })
    this.marks.begin()
    this.#slices.begin()
    this.#changes = this.#slices.watch(this.kept)!
    t.after(() => {
      this.#slices.end()
      this.marks.end()
      this.server.closeAllConnections()
      this.server.close()
    })
  }

  addFor(route: number): void {
    for (let at = 0; at < ENTRIES[route]!; at++) this.kept.push(route)
  }

  async listen(): Promise<number> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening')
    return (this.server.address() as AddressInfo).port
  }

  /** What was seen; every entry was. */
  shares(): Shares {
    // The slice that asks is not over.
    this.#slices.release()
    return this.#changes.added.shares()
  }

  removals(): Shares {
    return this.#changes.removed.shares()
  }
}

/** `/0 12, /1 36, idle 1, lost 2`: entries by whom they were added for. */
export function told({ seen, routes, idle, lost }: Shares): string {
  const parts = routes
    .toSorted((a, b) => a.index - b.index)
    .map(({ index, share }) => [`/${index}`, share] as const)
  return [...parts, ['idle', idle] as const, ['lost', lost] as const]
    .filter(([, share]) => share > 0)
    .map(([who, share]) => `${who} ${Math.round(share * seen)}`)
    .join(', ')
}
