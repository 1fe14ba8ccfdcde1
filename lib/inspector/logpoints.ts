/**
 * Breakpoints that never pause: each has a condition that calls us and is false. So a function's
 * executions are seen in the live process, with the async context that they run in.
 *
 * The condition calls one function on the global object, which is there, not enumerable, for as long as
 * the logpoints are. V8 throws away the code that it compiled for a function while a breakpoint is in it,
 * and makes it anew afterwards.
 *
 * 60 us a hit in a row, 180 us of CPU time in a server (`npm run bench:trace`). `open`, and the
 * first `set` in a function that V8 has compiled, go through the whole heap: 0.2 ms for each MB of it, and
 * `open` 20 ms at least. `remove` takes less than 0.1 ms.
 */
import type { Debugger } from 'node:inspector'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { Connection } from './connection'
import { defineProperty, deleteProperty, newGlobalName, realm } from './intrinsics'
import { shortHash } from './source-hash'
import type { FunctionPosition } from './stack-frame'

/** CPU time that a hit takes, ms: nearly all of it the debugger's (`npm run bench:trace`). */
export const HIT_MS = 0.18
/**
 * Up to V8 11 (Node 20) every promise that is awaited while the debugger is on refers to who awaits it for as
 * long as it lives (`promise_awaited_by`; weak from V8 12 on): an app that keeps promises keeps requests too.
 */
export const KEEPS_AWAITERS: boolean = Number.parseInt(process.versions.v8, 10) < 12
/** Logpoints are set for so long in one go, ms: V8 goes through the whole heap for some of them. */
export const MAX_SETTING_MS = 40

/** Of the function on the global object: a name that nobody else would use. */
const NAME = newGlobalName()

/** The function's `this`; undefined where it has none. Throws in a constructor that has not called `super`. */
export type ReceiverOf = () => unknown

/** A place where V8 may stop; columns and lines from 0. */
export type CodePlace = Readonly<Debugger.BreakLocation>

interface Logpoint {
  readonly breakpointId: string
  readonly onHit: (receiverOf: ReceiverOf) => void
}

export class Logpoints {
  #connection: Connection | null = null
  #points: Array<Logpoint | null> = []
  /** Of the scripts there were when the debugger was opened, by id. */
  readonly #hashes: Map<string, string> = new Map()
  #timesOpened = 0

  get timesOpened(): number {
    return this.#timesOpened
  }

  get isOpen(): boolean {
    return this.#connection !== null
  }

  /** @returns false where the global object is frozen, or the debugger cannot be used */
  open(): boolean {
    const hit = (index: unknown, receiverOf: unknown): boolean => {
      try {
        this.#points[index as number]?.onHit(receiverOf as ReceiverOf)
      } catch {
        // The app's function runs on, whatever goes wrong here.
      }
      return false
    }
    if (!defineProperty(realm, NAME, { value: hit, configurable: true })) return false
    try {
      this.#connection = new Connection()
      this.#timesOpened++
      let isEnabled = false
      this.#connection.listening(
        'Debugger.scriptParsed',
        ({ scriptId, hash }: Debugger.ScriptParsedEventDataType) =>
          this.#hashes.set(scriptId, shortHash(hash)),
        () => (isEnabled = this.#post('Debugger.enable') !== null),
      )
      if (!isEnabled) throw new Error('no debugger')
      // A `debugger` statement of the app's is nothing that we wait at.
      this.#post('Debugger.setSkipAllPauses', { skip: true })
      return true
    } catch {
      this.close()
      return false
    }
  }

  /**
   * Where V8 may stop in a function, in the order of its text: at statements, at calls once their arguments
   * are there, and where it returns. Not in functions within it.
   */
  placesIn({ scriptId, lineNumber, columnNumber }: FunctionPosition): readonly CodePlace[] {
    const places = this.#post('Debugger.getPossibleBreakpoints', {
      start: { scriptId, lineNumber, columnNumber },
      restrictToFunction: true,
    }) as Debugger.GetPossibleBreakpointsReturnType | null
    return places?.locations ?? []
  }

  /** Of a script's text, as V8 has compiled it; undefined where it was loaded after the debugger was opened. */
  hashOf(scriptId: string): string | undefined {
    return this.#hashes.get(scriptId)
  }

  /**
   * @param onHit - called at each execution, before the function's first statement
   * @returns its number; null where V8 knows no place to stop in that function
   */
  set(position: FunctionPosition, onHit: Logpoint['onHit']): number | null {
    const [first] = this.placesIn(position)
    return first ? this.setAt(first, onHit) : null
  }

  /**
   * @param onHit - called whenever the place is reached
   * @returns its number; null where that place has one already
   */
  setAt(place: CodePlace, onHit: Logpoint['onHit']): number | null {
    const { scriptId, lineNumber, columnNumber } = place
    const location = { scriptId, lineNumber, columnNumber }
    return this.#set('Debugger.setBreakpoint', { location }, onHit)
  }

  /**
   * A second one at a place that has one: V8 knows the two apart, this one by the URL. It is hit right after
   * the first, and the app runs nothing in between.
   *
   * @returns as `setAt`; null too where the script has no URL
   */
  setTwinAt(
    { lineNumber, columnNumber }: CodePlace,
    url: string,
    onHit: () => void,
  ): number | null {
    if (url === '') return null
    // Node tells its inspector a file's URL where V8 knows the path.
    const known = path.isAbsolute(url) ? pathToFileURL(url).href : url
    return this.#set('Debugger.setBreakpointByUrl', { url: known, lineNumber, columnNumber }, onHit)
  }

  #set(method: string, where: object, onHit: Logpoint['onHit']): number | null {
    const index = this.#points.length
    // In a context of node:vm there is no such function: that is no error, and no hit.
    const condition = `typeof ${NAME}==='function'&&${NAME}(${index},()=>this)`
    const answer = this.#post(method, { ...where, condition }) as { breakpointId: string } | null
    if (!answer) return null
    this.#points.push({ breakpointId: answer.breakpointId, onHit })
    return index
  }

  /** Within a hit too, as a function that runs a million times in one go needs. */
  remove(index: number): void {
    const point = this.#points[index]
    if (!point) return
    this.#points[index] = null
    this.#post('Debugger.removeBreakpoint', { breakpointId: point.breakpointId })
  }

  clear(): void {
    for (let index = 0; index < this.#points.length; index++) this.remove(index)
  }

  /** Not within a hit: V8's stack is in the debugger then, and the process would end. */
  close(): void {
    this.clear()
    this.#points = []
    this.#hashes.clear()
    this.#post('Debugger.disable')
    this.#connection?.close()
    this.#connection = null
    deleteProperty(realm, NAME)
  }

  #post(method: string, parameters?: object): object | null {
    return this.#connection?.post(method, parameters) ?? null
  }
}
