/** What a person should know of memprof's own state, each once: a line, or on stderr where there are none. */
import type { Emitter } from '../emit/emitter'
import { say as sayOnStderr } from '../emit/say'

export class Warnings {
  readonly #emitter: Pick<Emitter, 'write'>
  readonly #areLines: boolean
  readonly #say: (message: string) => void
  readonly #written = new Set<string>()
  #failureSaid = false

  /** @param areLines - false for the format of `connect.profiler()`, which has no lines */
  constructor(
    emitter: Pick<Emitter, 'write'>,
    areLines: boolean,
    say: (message: string) => void = sayOnStderr,
  ) {
    this.#emitter = emitter
    this.#areLines = areLines
    this.#say = say
  }

  write(code: string, message: string): void {
    if (this.#written.has(code)) return
    this.#written.add(code)
    if (this.#areLines) this.#emitter.write({ event: 'warning', code }, message)
    else this.#say(`memprof: ${message}`)
  }

  /** An error of memprof's own: the app goes on. */
  tellFailure(error: unknown): void {
    let message = 'memprof failed; the app goes on'
    try {
      message = `memprof failed (${String((error as Error)?.message)}); the app goes on`
      this.write('internal', message)
    } catch {
      // Lines cannot be made: the app has broken what they are made with.
      if (!this.#failureSaid) this.#say(`memprof: ${message}`)
      this.#failureSaid = true
    }
  }
}
