/**
 * `route` lines, read without JSON.parse: nine in ten of memprof's lines are of this event, and parsing
 * is most of what reading a log costs.
 *
 * pino writes a record's fields in the order they were given, so every `route` line has one layout:
 *
 *   {"level":30,"time":N<head>"event":"route","method":S,"route":S,"requests":N, ... ,"msg":S}
 *                        the same bytes in every line of a process: pid to instance
 *
 * The scanner walks over that layout byte by byte. Where anything else stands (another order, white
 * space, an escape, a number with an exponent, another type), it gives up, and the line is parsed like
 * any other: what it reads is what JSON.parse and decode.ts would have read, and a test holds the two
 * against each other.
 *
 * The one place besides the table of fields that knows the fields of an event, for speed alone: without
 * it, `memprof report` reads a log of memprof's own at four tenths of its rate, 128,000 lines a second
 * of CPU where the bar is 300,000. JSON.parse by itself takes all the time that there is. A test fails
 * when the table has a field of a route line that is missing here.
 */
import {
  type DeltaSummary,
  LEAK_OUTCOMES,
  type LeakOutcome,
  type Verdict,
  VERDICTS,
} from '../../schema/lines'
import { type Envelope, type LogLineOf, MAX_TIME_MS } from './log-line'

type RouteLine = LogLineOf<'route'>

export interface RouteScanner {
  /** @returns null where the line is no `route` line as memprof writes it */
  scan(bytes: Buffer, from: number, to: number): RouteLine | null
  /** Remembers the head of a line that was parsed: lines of its process can be scanned from then on. */
  learn(text: string, line: Envelope): void
}

/** Processes whose heads are known at a time. */
const MAX_HEADS = 64
/** Names and places of routes kept as text; the rest is decoded anew in each line. */
const MAX_TEXTS = 16_384
/** Longer names are left to decode.ts, which cuts them. */
const MAX_TEXT_BYTES = 512

/** 10 to this power is the last that a double holds exactly. */
const MAX_DECIMALS = 22

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const TILDE = 0x7e
const BRACE = 0x7d
const BRACKET = 0x5d
const COMMA = 0x2c
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DECIMALS + 1 }, (_, power) =>
  Number(`1e${power}`),
)

/** Bytes to be met, as words of four: the last one overlaps where the length is no multiple. */
interface Literal {
  readonly length: number
  readonly words: Uint32Array
}

const WORD = 4

/** @param text - ASCII, four characters or more */
function literal(text: string): Literal {
  const bytes = Buffer.from(text)
  const words = Uint32Array.from({ length: Math.ceil(bytes.length / WORD) }, (_, at) =>
    bytes.readUInt32BE(Math.min(at * WORD, bytes.length - WORD)),
  )
  return { length: bytes.length, words }
}

const L = {
  start: literal('{"level":30,"time":'),
  event: literal('"event":"route","method":"'),
  route: literal(',"route":"'),
  requests: literal(',"requests":'),
  errors: literal(',"errors":'),
  aborted: literal(',"aborted":'),
  inFlight: literal(',"inFlight":'),
  durations: literal(',"durationMs":{"mean":'),
  p50: literal(',"p50":'),
  p90: literal(',"p90":'),
  p99: literal(',"p99":'),
  max: literal(',"max":'),
  mean: literal(',"mean":'),
  heap: literal('},"heapDeltaBytes":{"clean":'),
  rss: literal('},"rssDeltaBytes":{"clean":'),
  slowest: literal(',"slowestLayer":{"name":"'),
  meanMs: literal(',"meanMs":'),
  hungriest: literal(',"hungriestLayer":{"name":"'),
  meanBytes: literal(',"meanBytes":'),
  requestsTotal: literal(',"requestsTotal":'),
  errorsTotal: literal(',"errorsTotal":'),
  abortedTotal: literal(',"abortedTotal":'),
  verdict: literal(',"verdict":"'),
  retained: literal(',"retainedBytesPerRequest":'),
  ci95: literal(',"ci95":['),
  floor: literal(',"floorBytesPerRequest":'),
  kept: literal(',"keptRequestsShare":'),
  outcome: literal(',"outcome":"'),
  msg: literal(',"msg":"'),
} as const

interface Head {
  readonly literal: Literal
  readonly envelope: Envelope
}

interface KnownText {
  readonly bytes: Uint8Array
  readonly text: string
}

/**
 * Whole in one function: every step moves the one cursor over the one buffer, and none means anything to
 * whoever does not share both.
 */
export function openRouteScanner(): RouteScanner {
  const heads: Head[] = []
  const texts = new Map<number, KnownText>()
  // The cursor. `failed` once something unexpected stood there: nothing read since means anything.
  let bytes: Buffer = Buffer.alloc(0)
  let view = new DataView(bytes.buffer)
  let at = 0
  let end = 0
  let failed = false

  function scan(chunk: Buffer, from: number, to: number): RouteLine | null {
    if (chunk !== bytes) {
      bytes = chunk
      view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length)
    }
    at = from
    end = to
    failed = false
    if (!skip(L.start)) return null
    const time = count()
    const head = takeHead()
    if (failed || head === null || time > MAX_TIME_MS) return null
    if (!skip(L.event)) return null
    const method = text()
    expect(L.route)
    const route = text()
    expect(L.requests)
    const requests = count()
    expect(L.errors)
    const errors = count()
    expect(L.aborted)
    const aborted = count()
    expect(L.inFlight)
    const inFlight = count()
    expect(L.durations)
    const mean = count()
    expect(L.p50)
    const p50 = count()
    expect(L.p90)
    const p90 = count()
    expect(L.p99)
    const p99 = count()
    expect(L.max)
    const max = count()
    expect(L.heap)
    const heapDeltaBytes = deltas()
    expect(L.rss)
    const rssDeltaBytes = deltas()
    expectByte(BRACE)
    let slowestLayer: RouteLine['slowestLayer']
    if (!failed && skip(L.slowest)) {
      const name = text()
      expect(L.meanMs)
      slowestLayer = { name, meanMs: count() }
      expectByte(BRACE)
    }
    let hungriestLayer: RouteLine['hungriestLayer']
    if (!failed && skip(L.hungriest)) {
      const name = text()
      expect(L.meanBytes)
      hungriestLayer = { name, meanBytes: number() }
      expectByte(BRACE)
    }
    expect(L.requestsTotal)
    const requestsTotal = count()
    expect(L.errorsTotal)
    const errorsTotal = count()
    expect(L.abortedTotal)
    const abortedTotal = count()
    if (failed) return null
    const { envelope } = head
    const line: RouteLine = {
      event: 'route',
      method,
      route,
      requests,
      errors,
      aborted,
      inFlight,
      durationMs: { mean, p50, p90, p99, max },
      heapDeltaBytes,
      rssDeltaBytes,
      requestsTotal,
      errorsTotal,
      abortedTotal,
      level: 30,
      time,
      pid: envelope.pid,
      hostname: envelope.hostname,
      service: envelope.service,
      version: envelope.version,
      instance: envelope.instance,
      threadId: envelope.threadId,
      msg: '',
    }
    if (slowestLayer) line.slowestLayer = slowestLayer
    if (hungriestLayer) line.hungriestLayer = hungriestLayer
    retention(line)
    sentence()
    return failed ? null : line
  }

  function deltas(): DeltaSummary {
    const clean = count()
    if (clean === 0) return { clean }
    expect(L.mean)
    const mean = number()
    expect(L.p50)
    const p50 = number()
    expect(L.max)
    return { clean, mean, p50, max: number() }
  }

  function retention(line: RouteLine): void {
    if (!skip(L.verdict)) return
    const verdict = text() as Verdict
    if (!VERDICTS.includes(verdict)) failed = true
    line.verdict = verdict
    if (skip(L.retained)) line.retainedBytesPerRequest = count()
    if (skip(L.ci95)) {
      const low = number()
      expectByte(COMMA)
      const high = number()
      expectByte(BRACKET)
      if (low <= high) line.ci95 = [low, high]
    }
    if (skip(L.floor)) line.floorBytesPerRequest = count()
    if (skip(L.kept)) line.keptRequestsShare = count()
    if (!skip(L.outcome)) return
    const outcome = text() as LeakOutcome
    if (!LEAK_OUTCOMES.includes(outcome)) failed = true
    line.outcome = outcome
  }

  /** Not kept, but looked through: the line must end where it ends. */
  function sentence(): void {
    expect(L.msg)
    if (failed) return
    const given = bytes
    const last = end - 2
    for (let here = at; here < last; here++) {
      const byte = given[here]!
      if (byte === QUOTE || byte === BACKSLASH || byte < SPACE) failed = true
    }
    if (last < at || given[last] !== QUOTE || given[last + 1] !== BRACE) failed = true
  }

  function takeHead(): Head | null {
    for (let tried = 0; tried < heads.length; tried++) {
      const head = heads[tried]!
      if (!skip(head.literal)) continue
      // The next line is likely of the same process.
      if (tried > 0) {
        heads.splice(tried, 1)
        heads.unshift(head)
      }
      return head
    }
    return null
  }

  /** @returns false, with the cursor where it was, when other bytes stand there */
  function skip({ length, words }: Literal): boolean {
    const from = at
    if (from + length > end) return false
    const given = view
    const last = words.length - 1
    for (let word = 0; word < last; word++) {
      if (given.getUint32(from + word * WORD) !== words[word]) return false
    }
    if (given.getUint32(from + length - WORD) !== words[last]) return false
    at = from + length
    return true
  }

  function expect(wanted: Literal): void {
    if (!failed && !skip(wanted)) failed = true
  }

  function expectByte(wanted: number): void {
    if (at >= end || bytes[at] !== wanted) failed = true
    at++
  }

  /**
   * A number as JSON has it, without an exponent. The digits as a whole number, divided by a power of
   * ten: both are exact below 2^53, so the result is the double that JSON.parse gives.
   */
  function number(): number {
    const given = bytes
    const last = end
    let here = at
    const negative = given[here] === MINUS
    if (negative) here++
    const from = here
    let digits = 0
    let point = -1
    while (here < last) {
      const byte = given[here]!
      if (byte >= ZERO && byte <= NINE) digits = digits * 10 + (byte - ZERO)
      else if (byte === POINT && point < 0) point = here
      else break
      here++
    }
    at = here
    const decimals = point < 0 ? 0 : here - point - 1
    const whole = (point < 0 ? here : point) - from
    const padded = whole > 1 && given[from] === ZERO
    const inexact = digits > Number.MAX_SAFE_INTEGER || decimals > MAX_DECIMALS
    // An exponent, a second point or nothing at all is not what stands behind a number: the caller fails.
    if (whole === 0 || padded || inexact || (point >= 0 && decimals === 0)) {
      failed = true
      return 0
    }
    const value = decimals === 0 ? digits : digits / POWERS_OF_TEN[decimals]!
    return negative ? -value : value
  }

  function count(): number {
    const value = number()
    if (value < 0) failed = true
    return value
  }

  /** Text up to its closing quote, which is skipped; the same bytes give the same string. */
  function text(): string {
    const given = bytes
    const last = end
    const from = at
    let to = from
    let hash = 0x811c9dc5
    while (to < last) {
      const byte = given[to]!
      if (byte === QUOTE) break
      // Also what is no ASCII: whether it is valid UTF-8 is left to the decoder.
      if (byte === BACKSLASH || byte < SPACE || byte > TILDE) failed = true
      hash = Math.imul(hash ^ byte, 0x01000193)
      to++
    }
    at = to + 1
    if (failed || to >= last || to - from > MAX_TEXT_BYTES) {
      failed = true
      return ''
    }
    const known = texts.get(hash)
    if (known && isSame(known.bytes, from, to)) return known.text
    const decoded = bytes.toString('latin1', from, to)
    if (!known && texts.size < MAX_TEXTS) {
      texts.set(hash, { bytes: Uint8Array.prototype.slice.call(bytes, from, to), text: decoded })
    }
    return decoded
  }

  function isSame(known: Uint8Array, from: number, to: number): boolean {
    if (known.length !== to - from) return false
    const given = bytes
    for (let i = 0; i < known.length; i++) if (known[i] !== given[from + i]) return false
    return true
  }

  return {
    scan,
    learn(line, envelope) {
      const match = /^\{"level":30,"time":\d+(,"pid":.*?,)"event":"/s.exec(line)
      const [, head] = match ?? []
      if (head === undefined || !isWhole(head, envelope)) return
      if (heads.length >= MAX_HEADS) heads.pop()
      heads.unshift({ literal: literal(head), envelope })
    },
  }
}

/** Whether the bytes alone say what the envelope holds, and no more than memprof writes. */
function isWhole(head: string, envelope: Envelope): boolean {
  try {
    const { pid, hostname, name, v, service, version, instance, threadId, ...more } = JSON.parse(
      `{${head.slice(1, -1)}}`,
    ) as Record<string, unknown>
    return (
      Object.keys(more).length === 0 &&
      name === 'memprof' &&
      v === 1 &&
      pid === envelope.pid &&
      hostname === envelope.hostname &&
      service === envelope.service &&
      version === envelope.version &&
      instance === envelope.instance &&
      (threadId ?? 0) === envelope.threadId
    )
  } catch {
    return false
  }
}
