/**
 * Work that is no request, counted, labelled and marked as requests are:
 *
 *     begin -> run its code, under its label -> end        by the hooks, or the app's call of `unit()`
 *
 * No row is written of it: its memory before and after says nothing beside whatever it is a part of.
 */
import { performance } from '../clock'
import type { AnyFunction, UnitOfWork } from '../hooks/listener'
import type { UnitKind } from '../schema/lines'
import { alongPath } from './paths'
import { type Mark, type RequestMarks, unitMark } from './request-marks'
import type { RouteStats, RouteStatsTable } from './route-stats'
import type { Route, RouteTable } from './routes'

/** What listeners of an event began may go on when they have returned, and nobody tells for how long, ms. */
const LINGER_MS = 1000

/** As which statuses of responses its ends are counted. */
const OK = 200
const FAILED = 500

const apply: typeof Reflect.apply = Reflect.apply

export class Units {
  readonly #routes: RouteTable
  readonly #stats: RouteStatsTable
  readonly #marks: RequestMarks
  #begun = 0

  constructor(routes: RouteTable, stats: RouteStatsTable, marks: RequestMarks) {
    this.#routes = routes
    this.#stats = stats
    this.#marks = marks
  }

  /** Since the start, of any kind. */
  get begun(): number {
    return this.#begun
  }

  begin(kind: UnitKind, name: string): UnitOfWork {
    this.#begun++
    const route = this.#routes.unit(kind, name.startsWith('/') ? folded(name) : name)
    return new Unit(route, this.#stats.of(route), this.#marks)
  }
}

/** What varies in a path by its look, as that of a WebSocket, is no part of a name. */
function folded(path: string): string {
  return alongPath(path, '', (at, segment) => at + segment) || '/'
}

class Unit implements UnitOfWork {
  readonly #route: Route
  readonly #stats: RouteStats
  readonly #marks: RequestMarks
  /** While somebody traces. */
  readonly #mark: Mark | null
  readonly #startMs = performance.now()

  constructor(route: Route, stats: RouteStats, marks: RequestMarks) {
    this.#route = route
    this.#stats = stats
    this.#marks = marks
    this.#mark = marks.isOn ? unitMark(marks.current) : null
    stats.inFlight++
  }

  run(fn: AnyFunction, self: unknown, args: ArrayLike<unknown>): unknown {
    const trampoline = this.#route.label?.trampoline
    const call = (): unknown =>
      trampoline ? trampoline.call3(apply, undefined, fn, self, args) : apply(fn, self, args)
    return this.#mark ? this.#marks.within(this.#mark, call) : call()
  }

  end(hasFailed: boolean, mayGoOn: boolean): void {
    const endMs = performance.now()
    this.#stats.inFlight--
    this.#stats.countEnded(false, hasFailed ? FAILED : OK)
    this.#stats.durationUs.add((endMs - this.#startMs) * 1000)
    if (!this.#mark) return
    const endedMs = mayGoOn ? endMs + LINGER_MS : endMs
    const outcome = hasFailed ? 'failed' : null
    Object.assign(this.#mark, { routeId: this.#route.id, endedMs, outcome })
  }
}
