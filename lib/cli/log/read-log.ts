/**
 * Bytes of logs -> memprof's lines: any number of files or standard input, plain or gzip, of any size,
 * with other programs' lines between. Memory stays bounded by the longest line read.
 *
 * Most lines of a log are not memprof's. They are told by a search for the bytes of its name through
 * a whole chunk at once, and cost one scan for the newline; only what is left is parsed.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { MemprofError } from '../../errors'
import { decodeLine } from './decode'
import type { LogLine } from './log-line'
import { openRouteScanner } from './route-scan'

/** Bytes of a line; a longer one is skipped without being kept. The longest of memprof's own is a
 * `stop` line with the verdicts of 4,096 routes, some 4 MB. */
export const MAX_LINE_BYTES: number = 8 * 1024 ** 2
/** Bytes read at once. */
const CHUNK_BYTES = 1024 ** 2

const NEWLINE = 0x0a
const BRACE = 0x7b
/** In whatever way a line was written again, its name has these bytes. */
const NAME = Buffer.from('memprof')
/** How pino begins a line. */
const LINE_START = '{"level":'
const REQUEST = Buffer.from('"event":"request"')
const REQUEST_START = Buffer.from('{"level":20,')
/** From the name to the event, at most: service, version and instance. */
const MAX_HEAD_BYTES = 2048

/** Where lines go, one call each, in the order of the log. */
export interface LogSink {
  line(line: LogLine): void
  /** Without its newline; the bytes are valid during the call alone. Left out: they are only counted. */
  other?(line: Buffer): void
  /** Read `request` lines too (one per request, at level debug); otherwise they are only counted. */
  readonly requests?: boolean
}

/** What was read, in lines, and what was not. */
export interface ReadCounts {
  bytes: number
  lines: number
  /** memprof's own, read or passed over for being `request` lines; skipped ones not included. */
  memprof: number
  requestLines: number
  /** Of other programs. */
  other: number
  /** With memprof's name, cut off: by a kill, a full disk, a rotation. */
  torn: number
  /** With memprof's name, and a field that is missing or of the wrong type. */
  wrongType: number
  /** Of a schema, or with an event, that came after this version. */
  newerVersion: number
  /** Longer than {@link MAX_LINE_BYTES}. */
  tooLong: number
  /** Names of inputs that ended before their time: a damaged gzip file. */
  damagedInputs: string[]
}

/** Takes bytes as they come. */
export interface LogReader {
  write(chunk: Buffer): void
  /** The last line may lack its newline. The reader can go on with another input afterwards. */
  end(): void
  readonly counts: ReadCounts
}

/**
 * Whole in one function: the cutting of bytes into lines, and what becomes of a line, share the buffer,
 * the position in it and the counts.
 */
export function openLogReader(sink: LogSink): LogReader {
  const counts: ReadCounts = {
    bytes: 0,
    lines: 0,
    memprof: 0,
    requestLines: 0,
    other: 0,
    torn: 0,
    wrongType: 0,
    newerVersion: 0,
    tooLong: 0,
    damagedInputs: [],
  }
  /** The beginning of a line whose end has not come yet. */
  let pending: Buffer[] = []
  let pendingBytes = 0
  let skipping = false
  const scanner = openRouteScanner()

  function write(chunk: Buffer): void {
    counts.bytes += chunk.length
    let from = 0
    if (pendingBytes > 0 || skipping) {
      const end = chunk.indexOf(NEWLINE)
      keep(end < 0 ? chunk : chunk.subarray(0, end))
      if (end < 0) return
      endPending()
      from = end + 1
    }
    let name = chunk.indexOf(NAME, from)
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from)
      if (end < 0) break
      if (end - from > MAX_LINE_BYTES) {
        tooLong()
        if (name >= 0 && name < end) name = chunk.indexOf(NAME, end)
      } else if (name >= 0 && name < end) {
        takeLine(chunk, from, end, name)
        name = chunk.indexOf(NAME, end)
      } else takeOther(chunk, from, end)
      from = end + 1
    }
    if (from < chunk.length) keep(chunk.subarray(from))
  }

  /** Copied: the chunk's memory is not ours beyond this call. */
  function keep(part: Buffer): void {
    if (skipping || part.length === 0) return
    if (pendingBytes + part.length > MAX_LINE_BYTES) {
      skipping = true
      pending = []
      pendingBytes = 0
      return
    }
    pending.push(Buffer.from(part))
    pendingBytes += part.length
  }

  function endPending(): void {
    if (skipping) tooLong()
    else {
      const line = pending.length === 1 ? pending[0]! : Buffer.concat(pending)
      const name = line.indexOf(NAME)
      if (name < 0) takeOther(line, 0, line.length)
      else takeLine(line, 0, line.length, name)
    }
    skipping = false
    pending = []
    pendingBytes = 0
  }

  function tooLong(): void {
    counts.lines++
    counts.tooLong++
  }

  function takeOther(bytes: Buffer, from: number, to: number): void {
    counts.lines++
    counts.other++
    sink.other?.(bytes.subarray(from, to))
  }

  /** A line that has memprof's name in it somewhere, first at `name`. */
  function takeLine(bytes: Buffer, from: number, to: number, name: number): void {
    if (sink.requests !== true && isRequestLine(bytes, from, to, name)) {
      counts.lines++
      counts.memprof++
      counts.requestLines++
      return
    }
    const line = scanner.scan(bytes, from, to) ?? parseLine(bytes, from, to)
    // A torn line of memprof has its name as pino writes it; any other only speaks of memprof.
    if (line === null || (line === 'torn' && !isNameField(bytes, name))) {
      takeOther(bytes, from, to)
      return
    }
    counts.lines++
    if (line === 'torn') counts.torn++
    else if (line === 'wrong-type') counts.wrongType++
    else if (line === 'newer-version') counts.newerVersion++
    else {
      counts.memprof++
      if (line.event === 'request') counts.requestLines++
      sink.line(line)
    }
  }

  function parseLine(
    bytes: Buffer,
    from: number,
    to: number,
  ): ReturnType<typeof decodeLine> | 'torn' {
    const text = bytes.toString('utf8', from, to)
    const value = parse(text)
    if (value === undefined) return 'torn'
    const line = decodeLine(value) ?? decodeLine(unwrap(value))
    if (line !== null && typeof line === 'object' && line.event === 'route') {
      scanner.learn(text, line)
      // Made by the scanner, like those that follow: of one shape, they are added up faster.
      return scanner.scan(bytes, from, to) ?? line
    }
    return line
  }

  return {
    write,
    end() {
      if (pendingBytes > 0 || skipping) endPending()
    },
    counts,
  }
}

/**
 * Whether pino wrote this as a `request` line. It is only counted, so it is not parsed; it must not
 * hide another line, though, that was written behind it when it was torn.
 */
function isRequestLine(bytes: Buffer, from: number, to: number, name: number): boolean {
  if (!isAt(bytes, REQUEST_START, from, to)) return false
  const last = Math.min(to, name + MAX_HEAD_BYTES) - REQUEST.length
  for (let at = name; at < last; at++) {
    if (bytes[at] === REQUEST[0] && isAt(bytes, REQUEST, at, to)) {
      return bytes.lastIndexOf(LINE_START, to) === from
    }
  }
  return false
}

function isAt(bytes: Buffer, wanted: Buffer, at: number, end: number): boolean {
  if (at < 0 || at + wanted.length > end) return false
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false
  return true
}

const NAME_FIELD = Buffer.from('"name":"')

/** Whether the name at `at` is the value of a field `name`. */
function isNameField(bytes: Buffer, at: number): boolean {
  return isAt(bytes, NAME_FIELD, at - NAME_FIELD.length, at)
}

/**
 * The object of a line. It may stand behind a prefix (a container's name, a timestamp), or behind the
 * torn line of a process that was killed; undefined where there is none.
 */
function parse(text: string): unknown {
  if (text.charCodeAt(0) === BRACE) {
    const whole = parseJson(text)
    if (whole !== undefined) return whole
  }
  const start = text.lastIndexOf(LINE_START)
  if (start > 0) return parseJson(text.slice(start))
  const brace = text.indexOf('{')
  return brace > 0 ? parseJson(text.slice(brace)) : undefined
}

/** Fields in which collectors keep the line itself: Docker's json-file driver, journald, Vector. */
const WRAPPERS = ['log', 'message', 'MESSAGE'] as const

/** The object in a line that was put into another; undefined where there is none. */
function unwrap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  for (const name of WRAPPERS) {
    const inner = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
    if (typeof inner === 'string' && inner.includes('"name":"memprof"')) return parse(inner)
  }
  return undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An input by its path; `-` is standard input. */
export type Input = string

/**
 * Reads all of the inputs, one after the other.
 *
 * @throws MemprofError ERR_MEMPROF_INPUT for an input that cannot be opened or read
 */
export async function readLog(inputs: readonly Input[], sink: LogSink): Promise<ReadCounts> {
  const reader = openLogReader(sink)
  // All are looked at before one is read: a wrong name is said at once, not after minutes.
  for (const input of inputs) if (input !== '-') checkFile(input)
  for (const input of inputs) {
    await readInput(input, reader)
    reader.end()
  }
  return reader.counts
}

function checkFile(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (!stat) throw unreadable(file, 'there is no such file')
  if (stat.isDirectory()) throw unreadable(file, 'it is a folder')
}

function unreadable(file: string, reason: string, cause?: unknown): MemprofError {
  return new MemprofError('ERR_MEMPROF_INPUT', { file, reason }, { cause })
}

async function readInput(input: Input, reader: LogReader): Promise<void> {
  const taker = openTaker(reader)
  try {
    // Not `for await` over both: it would wait a turn for each chunk of a file.
    if (input === '-') {
      for await (const chunk of process.stdin) await taker.take(chunk as Buffer)
    } else {
      for (const chunk of chunksOf(input)) {
        const waiting = taker.take(chunk)
        if (waiting) await waiting
      }
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw unreadable(input, code === undefined ? message : message.replace(/^\w+: /, ''), error)
  }
  if (!(await taker.end())) reader.counts.damagedInputs.push(input)
}

/** Bytes of one input to the reader: by way of gunzip where they begin as gzip does. */
function openTaker(reader: LogReader): {
  take(chunk: Buffer): Promise<void> | null
  /** @returns false where the input was damaged */
  end(): Promise<boolean>
} {
  let first = true
  let gunzip: Gunzip | null = null
  return {
    take(chunk) {
      if (first && isGzip(chunk)) gunzip = startGunzip(reader)
      first = false
      if (gunzip) return gunzip.write(chunk)
      reader.write(chunk)
      return null
    },
    end: async () => gunzip === null || gunzip.end(),
  }
}

/**
 * All chunks in one piece of memory: a stream makes a new one for each, faster than they are freed. Read
 * synchronously: there is nothing else to do, and the way over the thread pool takes a fifth of the time.
 */
function* chunksOf(file: string): Generator<Buffer> {
  const descriptor = openSync(file, 'r')
  try {
    const memory = Buffer.allocUnsafe(CHUNK_BYTES)
    for (;;) {
      const bytesRead = readSync(descriptor, memory, 0, CHUNK_BYTES, null)
      if (bytesRead === 0) return
      yield memory.subarray(0, bytesRead)
    }
  } finally {
    closeSync(descriptor)
  }
}

function isGzip(chunk: Buffer): boolean {
  return chunk.length > 2 && chunk[0] === 0x1f && chunk[1] === 0x8b
}

interface Gunzip {
  write(chunk: Buffer): Promise<void>
  /** @returns false where not all could be unpacked */
  end(): Promise<boolean>
}

/** Unpacks as much as can be unpacked: a log may be cut off in the middle. */
function startGunzip(reader: LogReader): Gunzip {
  const stream = createGunzip({ chunkSize: CHUNK_BYTES })
  let damaged = false
  stream.on('data', (chunk: Buffer) => reader.write(chunk))
  const ended = new Promise<boolean>((resolve) => {
    stream.once('end', () => resolve(true))
    stream.once('error', () => {
      damaged = true
      resolve(false)
    })
  })
  return {
    write: (chunk) =>
      new Promise((resolve) => {
        if (damaged) resolve()
        else stream.write(chunk, () => resolve())
      }),
    end() {
      if (!damaged) stream.end()
      return ended
    },
  }
}
