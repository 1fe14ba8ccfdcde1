/** Which route or layer owns what was sampled: by the label in the stack, or by whose handler stands in it. */
import { Handlers } from '../heap/handlers'
import type { Label } from '../hooks/listener'
import type { FunctionPosition } from '../inspector/stack-frame'
import type { Owner } from '../verdict/observation'
import type { HeapSession } from '../inspector/session'
import type { WatchedApp } from './watched-app'

type Labelled = Pick<WatchedApp, 'routes' | 'layers'>
type Labels = ReadonlyArray<Label | null>

export class Owners {
  readonly #handlers: Handlers<Owner>
  /**
   * One object for each route and layer: handlers are told apart by it. A route that became part of another
   * has that one's in its place.
   */
  readonly #ofRoute: Owner[] = []
  readonly #ofLayer: Owner[] = []
  readonly #ofLabel: Map<number, Owner> = new Map()

  constructor(locate: HeapSession['locate']) {
    this.#handlers = new Handlers<Owner>(locate)
  }

  /** Takes in what was declared since: about 40 us for each new handler. */
  note({ routes, layers }: Labelled): void {
    for (const { id, label, formerLabels, handlers } of new Set(routes)) {
      const owner = (this.#ofRoute[id] ??= { kind: 'route', index: id })
      this.#note(owner, [label, ...formerLabels], handlers)
    }
    routes.forEach(({ id }, at) => {
      this.#ofRoute[at] = this.#ofRoute[id]!
    })
    layers.forEach(({ label, handlers }, index) => {
      this.#note((this.#ofLayer[index] ??= { kind: 'layer', index }), [label], handlers)
    })
    this.#handlers.locatePending()
  }

  #note(owner: Owner, labels: Labels, handlers: ReadonlySet<object>): void {
    for (const label of labels) if (label) this.#ofLabel.set(label.id, owner)
    for (const handle of handlers) this.#handlers.note(handle, owner)
  }

  ofLabel(labelId: number): Owner | null {
    return this.#ofLabel.get(labelId) ?? null
  }

  /** Several where one piece of source serves several routes. */
  at(frame: FunctionPosition): readonly Owner[] {
    const owners = this.#handlers.ownersAt(frame)
    const isNow = (owner: Owner): boolean => this.#now(owner) === owner
    return owners.every(isNow) ? owners : [...new Set(owners.map((owner) => this.#now(owner)))]
  }

  #now(owner: Owner): Owner {
    return owner.kind === 'route' ? this.#ofRoute[owner.index]! : owner
  }
}
