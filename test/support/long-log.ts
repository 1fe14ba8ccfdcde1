/**
 * A log of any length, the same for the same seed: four processes of a fleet over 40 routes, and between
 * memprof's lines as many of other programs': the app's own by pino, and lines of text.
 */
import { type FleetLine, linesOfPlace } from './fleet'
import { createRandom, type Random } from './random'

const PROCESSES = 4
const ROUTES = 40
const INTERVAL_MS = 10_000
/** Fewer lines than this are never written by all processes within an interval. */
const FEWEST_LINES = 4
const DAY_MS = 86_400_000
const PIECE_CHARS = 1 << 16

export interface LongLog {
  readonly lines: number
  /** memprof's own among them. */
  readonly memprof: number
}

/** What the lines are about: also which of them memprof writes. */
export type LineKind = 'mixed' | 'memprof' | 'other'

/**
 * @param lines - how many
 * @param write - called with some hundred lines at a time; awaited
 */
export async function writeLongLog(
  lines: number,
  seed: number,
  write: (text: string) => Promise<void>,
  kind: LineKind = 'mixed',
): Promise<LongLog> {
  const random = createRandom(seed)
  const days = ((lines / FEWEST_LINES) * INTERVAL_MS) / DAY_MS + 1
  let written = 0
  let memprof = 0
  let piece = ''
  for (const line of inOrder(seed, days)) {
    if (kind !== 'other') {
      piece += `${JSON.stringify(line)}\n`
      written++
      memprof++
    }
    if (kind !== 'memprof' && written < lines) {
      piece += otherLine(random, line.time)
      written++
    }
    if (piece.length > PIECE_CHARS || written >= lines) {
      await write(piece)
      piece = ''
    }
    if (written >= lines) break
  }
  return { lines: written, memprof }
}

/** The lines of all processes by time, as one file gets them. */
function* inOrder(seed: number, days: number): Generator<FleetLine> {
  const options = { seed, processes: PROCESSES, days, intervalMs: INTERVAL_MS, routes: ROUTES }
  const places = Array.from({ length: PROCESSES }, (_, place) => linesOfPlace(options, place))
  const heads = places.map((place) => place.next())
  for (;;) {
    let first = -1
    for (const [at, { done, value }] of heads.entries()) {
      if (!done && (first < 0 || value.time < heads[first]!.value.time)) first = at
    }
    if (first < 0) return
    yield heads[first]!.value
    heads[first] = places[first]!.next()
  }
}

/** Three of five by pino, two as text. */
function otherLine(random: Random, time: number): string {
  if (random.integer(5) < 2) {
    return `[worker ${random.integer(16)}] job ${random.integer(1e9)} done, took a while\n`
  }
  return `{"level":30,"time":${time},"pid":4001,"hostname":"shop-7d9f5c6b8-x2v4q","req":{"id":${random.integer(1e9)},"method":"GET","url":"/api/v1/resource-${random.integer(ROUTES)}/${random.integer(1e6)}","remoteAddress":"10.0.${random.integer(256)}.7"},"res":{"statusCode":200},"responseTime":${random.integer(300)},"msg":"request completed"}\n`
}
