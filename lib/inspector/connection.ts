/**
 * A connection to the inspector of this process; no port is opened. What one connection enables (the
 * debugger, breakpoints, the objects it was shown) is its own: another connection neither sees nor ends it.
 */
import { Session } from 'node:inspector'

/** Asks the inspector. @returns null for an error: an unknown method, a profiler that does not run */
export type Post = (method: string, parameters?: object) => object | null

export class Connection {
  readonly #session = new Session()

  /** @throws where the inspector is closed, as under Node's permission model */
  constructor() {
    this.#session.connect()
  }

  /** A connection within the process answers before `post` returns. */
  readonly post: Post = (method, parameters = {}) => {
    let answer: object | null = null
    this.#session.post(method, parameters, (error: Error | null, result?: object) => {
      if (!error) answer = result ?? {}
    })
    return answer
  }

  /** Runs `work`, and `listener` for each event of that name that `work` causes. */
  listening<Params>(event: string, listener: (params: Params) => void, work: () => void): void {
    const take = ({ params }: { params: Params }): void => listener(params)
    this.#session.on(event, take)
    try {
      work()
    } finally {
      this.#session.off(event, take)
    }
  }

  close(): void {
    this.#session.disconnect()
  }
}
