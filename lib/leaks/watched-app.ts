/** The app under watch: its routes, layers and requests as the recorder counts them, and its servers. */
import { alive } from '../holders/alive'
import { connectionsOf } from '../record/listening'
import type { RequestMarks } from '../record/request-marks'
import type { Layer, Route } from '../record/routes'

/** Servers known, at most. */
const MAX_SERVERS = 16

/** What is asked of a Recorder. */
export interface RequestCounts {
  readonly routes: { readonly routes: readonly Route[]; readonly layers: readonly Layer[] }
  /** By route id; those of routes without a request so far are missing at the end. */
  readonly stats: ReadonlyArray<{
    readonly endedTotal: number
    readonly abortedTotal: number
    readonly errorsTotal: number
    readonly inFlight: number
  }>
  /** That arrived, of any route. */
  readonly requests: number
  /** That began, of any other work. */
  readonly units: { readonly begun: number }
  /** By which code that runs is known to run for a request. */
  readonly marks: RequestMarks
}

export class WatchedApp {
  readonly #counts: RequestCounts
  readonly #servers: Array<WeakRef<object>> = []

  constructor(counts: RequestCounts) {
    this.#counts = counts
  }

  /**
   * By route id, which is the index of the route in an observation. A route that became part of another has
   * that one in its place, and has ended no request.
   */
  get routes(): readonly Route[] {
    return this.#counts.routes.routes
  }

  get layers(): readonly Layer[] {
    return this.#counts.routes.layers
  }

  get marks(): RequestMarks {
    return this.#counts.marks
  }

  /** And other units of work, so far. */
  get requests(): number {
    return this.#counts.requests + this.#counts.units.begun
  }

  /** Requests that ended, by route id. */
  ended(): number[] {
    return this.#countsOf('endedTotal')
  }

  /** Of them, given up by the client. */
  aborted(): number[] {
    return this.#countsOf('abortedTotal')
  }

  /** Of them, answered with 500 to 599. */
  failed(): number[] {
    return this.#countsOf('errorsTotal')
  }

  /** Requests in flight, by route id. */
  inFlight(): number[] {
    return this.#countsOf('inFlight')
  }

  #countsOf(what: keyof RequestCounts['stats'][number]): number[] {
    const { stats } = this.#counts
    return this.routes.map(({ id }, at) => (id === at ? (stats[id]?.[what] ?? 0) : 0))
  }

  /** A server listens: from its listeners the app can be reached. */
  noteServer(server: object): void {
    if (this.#servers.length < MAX_SERVERS) this.#servers.push(new WeakRef(server))
  }

  servers(): object[] {
    return alive(this.#servers)
  }

  /** Open to its servers. */
  connections(): number {
    return connectionsOf(this.servers())
  }
}
