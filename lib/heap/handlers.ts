/**
 * Where the handlers of routes and layers stand in the source. Code that runs without a label is known
 * by its position there: a handler after its await, and the closures written inside it.
 *
 *     app.get('/a', async (req, res) => {     start of the handler, its owner is GET /a
 *       await wait(1)
 *       list.push(() => res)                  a closure inside: of GET /a as well
 *     })                                      end
 */
import { type FunctionPosition, positionKey } from '../inspector/stack-frame'

/** Handlers known, at most: a round number, four times as many as there are labels. */
const MAX_HANDLERS = 8192
/** A function with more characters is known by its beginning alone: counting its lines takes time. */
const MAX_SOURCE_CHARS = 1 << 20
const sourceOf = Function.prototype.toString

interface Point {
  readonly line: number
  readonly column: number
}

/** A piece of source that serves as handler; several where one function serves several routes. */
interface Handler<Owner> {
  readonly start: Point
  readonly end: Point
  readonly owners: Owner[]
}

export class Handlers<Owner> {
  readonly #locate: (functions: readonly object[]) => Array<FunctionPosition | null>
  /** The owners each function was noted for; weak, so that memprof keeps no handler alive. */
  readonly #noted = new WeakMap<object, Set<Owner>>()
  readonly #byPosition: Map<string, Handler<Owner>> = new Map()
  readonly #byScript: Map<string, Handler<Owner>[]> = new Map()
  #pending: Array<{ handle: object; owner: Owner }> = []

  constructor(locate: (functions: readonly object[]) => Array<FunctionPosition | null>) {
    this.#locate = locate
  }

  /** @param owner - the same object each time for the same route or layer */
  note(handle: object, owner: Owner): void {
    let owners = this.#noted.get(handle)
    if (!owners) {
      owners = new Set()
      this.#noted.set(handle, owners)
    }
    if (owners.has(owner)) return
    owners.add(owner)
    if (this.#pending.length < MAX_HANDLERS) this.#pending.push({ handle, owner })
  }

  /** Asks where the functions stand that were noted since the last call: about 40 us for each. */
  locatePending(): void {
    const pending = this.#pending
    this.#pending = []
    this.#locate(pending.map(({ handle }) => handle)).forEach((position, at) => {
      const { handle, owner } = pending[at]!
      if (position) this.#add(position, handle, owner)
    })
  }

  /**
   * Owners of the handler that this function is, or else of the innermost handler around it. Several
   * where one piece of source serves several routes; none where no handler is known there.
   */
  ownersAt(frame: FunctionPosition): readonly Owner[] {
    const exact = this.#byPosition.get(positionKey(frame))
    if (exact) return exact.owners
    const point = { line: frame.lineNumber, column: frame.columnNumber }
    let innermost: Handler<Owner> | null = null
    for (const handler of this.#byScript.get(frame.scriptId) ?? []) {
      if (compare(handler.start, point) > 0 || compare(point, handler.end) >= 0) continue
      if (!innermost || compare(innermost.start, handler.start) < 0) innermost = handler
    }
    return innermost?.owners ?? []
  }

  #add(position: FunctionPosition, handle: object, owner: Owner): void {
    const key = positionKey(position)
    const known = this.#byPosition.get(key)
    if (known) {
      if (!known.owners.includes(owner)) known.owners.push(owner)
      return
    }
    if (this.#byPosition.size >= MAX_HANDLERS) return
    const start = { line: position.lineNumber, column: position.columnNumber }
    const handler: Handler<Owner> = { start, end: endOf(start, handle), owners: [owner] }
    this.#byPosition.set(key, handler)
    const inScript = this.#byScript.get(position.scriptId)
    if (inScript) inScript.push(handler)
    else this.#byScript.set(position.scriptId, [handler])
  }
}

function compare(a: Point, b: Point): number {
  return a.line - b.line || a.column - b.column
}

/** The end of a function's text. V8 gives its start at the parameters: `async x => …`, `f(x) {…}`. */
function endOf(start: Point, handle: object): Point {
  let source = ''
  try {
    source = Reflect.apply(sourceOf, handle, []) as string
  } catch {
    // No function but an object with a method `handle`.
  }
  if (source.length > MAX_SOURCE_CHARS) return start
  const arrow = /^(async\s+)?[\w$]+\s*=>/.exec(source)
  const text = source.slice(arrow ? (arrow[1]?.length ?? 0) : Math.max(0, source.indexOf('(')))
  const lines = text.split('\n')
  const last = lines.at(-1) ?? ''
  return lines.length === 1
    ? { line: start.line, column: start.column + last.length }
    : { line: start.line + lines.length - 1, column: last.length }
}
