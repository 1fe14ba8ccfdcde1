/**
 * What JSON.parse returned -> a line of lib/schema/lines.ts, or why it is none. The decoder of an event
 * is made from its table of fields (lib/schema/events.ts), so a field that has a row there is read.
 *
 * A log may come from anyone. Every field is looked at by its kind and copied into a fresh object:
 * nothing else of the input lives on, no key of it becomes a key of ours, and nothing is walked to its
 * depth. A field that must be there and is not, or is of another kind, makes the line a wrong one; an
 * optional one is left out. ADJUSTMENTS has what a row cannot say.
 */
import { EVENTS } from '../../schema/events'
import type { OpenField, Row, Rows } from '../../schema/field'
import { BASE } from '../../schema/fields/base'
import { RETENTION } from '../../schema/fields/shared'
import { type EventName, type Interval, SCHEMA_VERSION, type WorkName } from '../../schema/lines'
import { asKnown } from '../../schema/work-name'
import { type Envelope, type LogLine, MAX_TIME_MS } from './log-line'

/** Why a line with memprof's name was not read. */
export type Rejection = 'wrong-type' | 'newer-version'

type Fields = Record<string, unknown>
/** @returns undefined where the value is not of the kind */
type Reader = (value: unknown) => unknown
/** Fields of `from` into `found`. */
type Decoder = (from: Fields, found: Fields) => Fields | undefined

/** Thrown where a field is missing or wrong; never leaves this file. */
const WRONG = new Error('a field has the wrong type')

/**
 * @returns the line, or why it is none; null where it is not memprof's at all
 */
export function decodeLine(value: unknown): LogLine | Rejection | null {
  if (!isFields(value) || value['name'] !== 'memprof') return null
  const { v, event } = value
  if (typeof v === 'number' && v > SCHEMA_VERSION) return 'newer-version'
  if (v !== SCHEMA_VERSION || typeof event !== 'string') return 'wrong-type'
  const decoder = DECODERS.get(event)
  if (!decoder) return 'newer-version'
  try {
    const line: unknown = Object.assign(decoder(value, { event })!, envelope(value, event))
    return line as LogLine
  } catch (error) {
    if (error === WRONG) return 'wrong-type'
    throw error
  }
}

/** Their fields say all that their sentence says. */
const FREQUENT: ReadonlySet<string> = new Set<EventName>(['route', 'process', 'request'])

/** Lenient, where a line of another program's making may lack what memprof writes. */
function envelope(from: Fields, event: string): Envelope {
  const level = number(from['level'])
  const time = number(from['time'])
  const instance = text(from['instance'])
  if (level === undefined || time === undefined || time > MAX_TIME_MS) throw WRONG
  if (instance === undefined) throw WRONG
  return {
    level,
    time,
    pid: number(from['pid']) ?? 0,
    hostname: text(from['hostname']) ?? '',
    service: text(from['service']) ?? '',
    version: text(from['version']) ?? '',
    instance,
    threadId: number(from['threadId']) ?? 0,
    msg: FREQUENT.has(event) ? '' : (text(from['msg'], BASE.msg.maxChars) ?? ''),
  }
}

/** What stands in where a field that must be there is not. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  // Where no delay was measured yet it is NaN, which JSON writes as null.
  'process.eventLoop.delayP99Ms': 0,
  'stop.verdicts[].verdict': 'insufficient-data',
}

/**
 * What is said of the fields of one object together: by its path, what was read of it and the object
 * -> what it comes to; undefined leaves it out.
 */
const ADJUSTMENTS: Readonly<Record<string, (found: Fields, from: Fields) => Fields | undefined>> = {
  route: (found, from) => knownWork(verdictFirst(found, from)),
  'stop.verdicts[]': (found, from) => knownWork(verdictFirst(found, from)),
  'leak.trace.units[]': knownWork,
  'leak.holders[].addedBy[]': knownWork,
  'leak.holders[].removedBy[]': knownWork,
  'route.heapDeltaBytes': figuresOfClean,
  'route.rssDeltaBytes': figuresOfClean,
  'start.listen': addressOrSocket,
  leak: placeOfScope,
}

/** An unknown verdict is no verdict, and without one nothing is known of the route. */
function verdictFirst(found: Fields, from: Fields): Fields {
  if (from['verdict'] !== undefined) {
    if (found['verdict'] !== from['verdict']) throw WRONG
    return found
  }
  for (const name of Object.keys(RETENTION)) {
    if (name !== 'verdict' && name in found) delete found[name]
  }
  return found
}

/** Of no clean request there are none, of one or more all. */
function figuresOfClean(found: Fields): Fields {
  const { clean, mean, p50, max } = found
  if (clean === 0) return { clean }
  if (mean === undefined || p50 === undefined || max === undefined) throw WRONG
  return found
}

function addressOrSocket({ protocol, host, port, socket }: Fields): Fields | undefined {
  if (socket !== undefined) return { socket }
  if (protocol === undefined) return undefined
  if (host === undefined || port === undefined) throw WRONG
  return { protocol, host, port }
}

function placeOfScope(found: Fields): Fields {
  return found['scope'] === 'route' ? knownWork(found) : found
}

/** Who it is, in the way of lib/schema/work-name.ts. */
function knownWork(found: Fields): Fields {
  const { method, route, unit } = found as WorkName
  if (!unit && (method === undefined || route === undefined)) throw WRONG
  return Object.assign(found, asKnown(found))
}

const DECODERS: ReadonlyMap<string, Decoder> = new Map(
  Object.entries(EVENTS).map(([event, { fields }]) => [event, decoderOf(fields, event)]),
)

/** @param path - of the object that has the fields, from its event on */
function decoderOf(rows: Rows, path: string): Decoder {
  const fields = Object.entries(rows).map(([name, row]) => ({
    name,
    read: readerOf(row, `${path}.${name}`),
    instead: DEFAULTS[`${path}.${name}`],
    optional: row.optional === true,
  }))
  const adjust = ADJUSTMENTS[path]
  return (from, found) => {
    for (const { name, read, instead, optional } of fields) {
      const value = read(from[name]) ?? instead
      if (value !== undefined) found[name] = value
      else if (!optional) throw WRONG
    }
    return adjust ? adjust(found, from) : found
  }
}

function readerOf(row: Row, path: string): Reader {
  switch (row.kind) {
    case 'number':
      return row.signed ? signedNumber : number
    case 'text':
      return (value) => text(value, row.maxChars)
    case 'flag':
      return (value) => value === true || (row.optional ? undefined : false)
    case 'choice':
      return (value) => ((row.values as readonly unknown[]).includes(value) ? value : undefined)
    case 'interval':
      return interval
    case 'group': {
      const decode = decoderOf(row.fields, path)
      return (value) => (isFields(value) ? decode(value, {}) : undefined)
    }
    case 'list': {
      const decode = decoderOf(row.of, `${path}[]`)
      return (value) =>
        list(value, row.maxEntries, (entry) => (isFields(entry) ? decode(entry, {}) : undefined))
    }
    case 'texts':
      return (value) => list(value, row.maxEntries, (entry) => text(entry, row.maxChars))
    case 'open':
      return (value) => plainValues(isFields(value) ? value : {}, row)
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function signedNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value < Infinity ? value : undefined
}

function text(value: unknown, maxChars = BASE.instance.maxChars): string | undefined {
  if (typeof value !== 'string') return undefined
  if (value.length <= maxChars) return value
  // Copied: a slice would keep all of a value of megabytes alive.
  return Buffer.from(value.slice(0, maxChars), 'utf16le').toString('utf16le')
}

/** Both ends, in order. */
function interval(value: unknown): Interval | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [low, high] = value.map((end) => signedNumber(end))
  return low !== undefined && high !== undefined && low <= high ? [low, high] : undefined
}

/** One wrong entry makes the line a wrong one: who is named in a list matters. */
function list(value: unknown, maxEntries: number, read: Reader): unknown[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw WRONG
  return value.slice(0, maxEntries).map((entry) => {
    const found = read(entry)
    if (found === undefined) throw WRONG
    return found
  })
}

/** Without a prototype: a setting may be called `__proto__`. */
function plainValues(from: Fields, { maxChars, maxEntries }: OpenField): Fields {
  const found = Object.create(null) as Fields
  for (const name of Object.keys(from).slice(0, maxEntries)) {
    const value = from[name]
    if (typeof value === 'string') found[text(name, maxChars)!] = text(value, maxChars)
    else if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
      found[text(name, maxChars)!] = value
    }
  }
  return found
}
