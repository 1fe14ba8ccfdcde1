/**
 * Where the handlers of routes and layers stand in the source, so that what runs without a label is
 * still known by its place: a handler after its await, and the closures written inside it.
 */
import { type FunctionPosition, positionKey } from '../inspector/stack-frame'

/** Handlers known, at most. */
const MAX_HANDLERS = 8192
/** A function longer than this many characters is known by its beginning alone. */
const MAX_SOURCE_CHARS = 1 << 20
const sourceOf = Function.prototype.toString

interface Point {
  readonly line: number
  readonly column: number
}

interface Handler<Owner> {
  readonly start: Point
  readonly end: Point
  readonly owners: Owner[]
}

export class Handlers<Owner> {
  readonly #locate: (functions: readonly object[]) => Array<FunctionPosition | null>
  /** What each function was noted for; weak, so that a handler is not kept alive by this. */
  readonly #noted = new WeakMap<object, Set<Owner>>()
  readonly #byPosition: Map<string, Handler<Owner>> = new Map()
  readonly #byScript: Map<string, Handler<Owner>[]> = new Map()
  #pending: Array<{ handle: object; owner: Owner }> = []

  constructor(locate: (functions: readonly object[]) => Array<FunctionPosition | null>) {
    this.#locate = locate
  }

  /** `owner` must be the same object for the same route or layer. */
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

  /** Asks where the functions noted since stand: about 40 us for each. */
  locatePending(): void {
    const pending = this.#pending
    this.#pending = []
    this.#locate(pending.map(({ handle }) => handle)).forEach((position, at) => {
      const { handle, owner } = pending[at]!
      if (position) this.#add(position, handle, owner)
    })
  }

  /**
   * Owners of the innermost handler that is this function, or has it in its text. Several where one
   * piece of source serves several routes; none where nothing is known.
   */
  ownersAt(frame: FunctionPosition): readonly Owner[] {
    const exact = this.#byPosition.get(positionKey(frame))
    if (exact) return exact.owners
    const point = { line: frame.lineNumber, column: frame.columnNumber }
    let innermost: Handler<Owner> | null = null
    for (const handler of this.#byScript.get(frame.scriptId) ?? []) {
      if (order(handler.start, point) > 0 || order(point, handler.end) >= 0) continue
      if (!innermost || order(innermost.start, handler.start) < 0) innermost = handler
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

function order(a: Point, b: Point): number {
  return a.line - b.line || a.column - b.column
}

/** The end of a function's text. V8 gives its start at the parameters: `async x => …`, `f(x) {…}`. */
function endOf(start: Point, handle: object): Point {
  let source = ''
  try {
    source = Reflect.apply(sourceOf, handle, []) as string
  } catch {
    // Not a function at all: an object with a `handle` of its own.
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
