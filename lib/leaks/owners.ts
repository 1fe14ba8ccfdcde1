/** Which route or layer owns what was sampled: by the label in the stack, or by whose handler stands in it. */
import { Handlers } from '../heap/handlers'
import type { FunctionPosition } from '../inspector/stack-frame'
import type { Owner } from '../verdict/observation'
import type { HeapSession } from '../inspector/session'
import type { WatchedApp } from './watched-app'

type Labelled = Pick<WatchedApp, 'routes' | 'layers'>

export class Owners {
  readonly #handlers: Handlers<Owner>
  /** One object for each route and layer: handlers are told apart by it. */
  readonly #ofRoute: Owner[] = []
  readonly #ofLayer: Owner[] = []
  readonly #ofLabel: Map<number, Owner> = new Map()

  constructor(locate: HeapSession['locate']) {
    this.#handlers = new Handlers<Owner>(locate)
  }

  /** Takes in what was declared since: about 40 us for each new handler. */
  note({ routes, layers }: Labelled): void {
    for (const [kind, all, known] of [
      ['route', routes, this.#ofRoute],
      ['layer', layers, this.#ofLayer],
    ] as const) {
      all.forEach(({ label, handlers }, index) => {
        const owner = (known[index] ??= { kind, index })
        if (label) this.#ofLabel.set(label.id, owner)
        for (const handle of handlers) this.#handlers.note(handle, owner)
      })
    }
    this.#handlers.locatePending()
  }

  ofLabel(labelId: number): Owner | null {
    return this.#ofLabel.get(labelId) ?? null
  }

  /** Several where one piece of source serves several routes. */
  at(frame: FunctionPosition): readonly Owner[] {
    return this.#handlers.ownersAt(frame)
  }
}
