/**
 * Requests for `memprof check`: so many at each URL, no more at once than connections, spread over a
 * time long enough for readings of the heap between them.
 *
 * The rate of each URL changes from slice to slice. By such a rhythm memprof tells whose a leak is
 * where no stack does, and a growth with the requests from one with the clock; under an even load
 * both look alike (docs/method.md).
 */
import { setTimeout as wait } from 'node:timers/promises'

export interface Target {
  readonly method: string
  /** The URL from the slash on, query included; `{n}` becomes another number in each request. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** `{n}` as in the path. */
  readonly body: string | undefined
}

/** Where the app listens. */
export interface Origin {
  /** `http://127.0.0.1:3000` */
  readonly url: string
  /** The path of a Unix socket; the URL's host is then only a name. */
  readonly socketPath?: string
}

/** What came back from one target. */
export interface Answers {
  sent: number
  /** Of `sent`, those that the client gave up: their answers are in no status. */
  abandoned: number
  /** Answers by status code; 0: none came, the connection broke or took too long. */
  readonly statuses: Map<number, number>
}

export interface Load {
  /**
   * Sends so many at each target, and waits for the answers. Ends early when it is stopped.
   *
   * @param seconds - it takes at least so long; longer where the server is slower
   * @param abandonShare - of the requests, 0 to 1, those that are given up: more in one slice than in another,
   *   by which memprof tells what they keep
   * @returns one per target
   */
  send(requests: number, seconds: number, abandonShare?: number): Promise<Answers[]>
  /** Breaks off what is under way. */
  stop(): Promise<void>
}

/** A slice is as long as the time between two readings of the heap. */
const SLICE_MS = 500
/** How much a target's rate differs from slice to slice: the standard deviation of its logarithm. */
const RATE_SD = 0.7
/**
 * When a request that is to be abandoned is: once it was sent, after a part of the time that others take, and
 * in the middle of its answer. In turns.
 */
const MOMENTS = ['sent', 'later', 'answering'] as const
type Moment = (typeof MOMENTS)[number]
/** No more than this share is given up, in any slice: the others tell how long an answer takes. */
export const MAX_ABANDONED = 0.9
/** Of the time that answers take, what the last one counts for. */
const NEWEST_SHARE = 0.1

/** A request without an answer for this long has none. */
const TIMEOUT_MS = 30_000
/** Sleeping for less than this is not worth a timer. */
const MIN_SLEEP_MS = 2

export function openLoad(origin: Origin, targets: readonly Target[], connections: number): Load {
  // Loaded here: no other command needs an HTTP client.
  const { Pool } = require('undici') as typeof import('undici')
  const pool = new Pool(origin.url, {
    connections,
    pipelining: 1,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect: {
      // The app runs here, with whatever certificate it has for trying out.
      rejectUnauthorized: false,
      ...(origin.socketPath === undefined ? {} : { socketPath: origin.socketPath }),
    },
  })
  /** Requests sent so far, by target: the number of the next. */
  const sent = targets.map(() => 0)
  const random = seeded(1)
  /** A generator of their own: which request comes next does not depend on it. */
  const giving = seeded(2)
  let givenUp = 0
  let answerMs = 0
  let stopped = false

  /** @returns the status; 0 where none came, null where the client gave it up */
  async function request(at: number, moment: Moment | null): Promise<number | null> {
    const { method, path, headers, body } = targets[at]!
    const n = sent[at]!++
    const beganMs = performance.now()
    const abort = moment ? new AbortController() : null
    const laterMs = moment === 'sent' ? 1 : 2 * giving() * answerMs
    const timer = abort && moment !== 'answering' ? setTimeout(() => abort.abort(), laterMs) : null
    try {
      const answer = await pool.request({
        method: method as import('undici').Dispatcher.HttpMethod,
        path: numbered(path, n),
        headers,
        body: body === undefined ? null : numbered(body, n),
        ...(abort ? { signal: abort.signal } : {}),
      })
      // Read to its end, so that the connection is free for the next.
      for await (const chunk of answer.body) {
        void chunk
        if (moment === 'answering') abort!.abort()
      }
      answerMs += NEWEST_SHARE * (performance.now() - beganMs - answerMs)
      return answer.statusCode
    } catch {
      // What went wrong on the way is the app's to say.
      return abort?.signal.aborted ? null : 0
    } finally {
      if (timer) clearTimeout(timer)
    }
  }

  return {
    async send(requests, seconds, abandonShare = 0) {
      const answers = targets.map((): Answers => ({ sent: 0, abandoned: 0, statuses: new Map() }))
      const underWay = new Set<Promise<void>>()
      let startMs = performance.now()
      for (const slice of planSlices(targets.length, requests, seconds, random)) {
        const share =
          abandonShare === 0
            ? 0
            : Math.min(MAX_ABANDONED, abandonShare * Math.exp(RATE_SD * normal(giving)))
        for (const [index, at] of slice.entries()) {
          const earlyMs = startMs + (index * SLICE_MS) / slice.length - performance.now()
          if (earlyMs > MIN_SLEEP_MS) await wait(earlyMs)
          while (underWay.size >= connections) await Promise.race(underWay)
          if (stopped) return answers
          const of = answers[at]!
          of.sent++
          const isGivenUp = share > 0 && giving() < share
          const moment = isGivenUp ? MOMENTS[givenUp++ % MOMENTS.length]! : null
          const one = request(at, moment).then((status) => {
            if (status === null) of.abandoned++
            else of.statuses.set(status, (of.statuses.get(status) ?? 0) + 1)
            underWay.delete(one)
          })
          underWay.add(one)
        }
        // A server that cannot keep up is not chased by what it missed.
        startMs = Math.max(startMs + SLICE_MS, performance.now())
      }
      await Promise.all(underWay)
      const earlyMs = startMs - performance.now()
      if (earlyMs > 0 && !stopped) await wait(earlyMs)
      return answers
    },
    async stop() {
      stopped = true
      await pool.destroy()
    },
  }
}

/** So that each request can ask for something new: what is kept by its key is kept once otherwise. */
export function numbered(text: string, n: number): string {
  return text.replaceAll('{n}', String(n))
}

/**
 * Which target when: exactly `requests` of each, in slices whose sizes vary, shuffled within each. Made
 * slice by slice: all of a long load at once would not fit.
 *
 * @returns indices of targets, slice by slice
 */
export function* planSlices(
  targets: number,
  requests: number,
  seconds: number,
  random: () => number,
): Generator<number[]> {
  const count = Math.max(1, Math.round((seconds * 1000) / SLICE_MS))
  const sizes = Array.from({ length: targets }, () => sliceSizes(count, requests, random))
  for (let index = 0; index < count; index++) {
    const slice = sizes.flatMap((of, at) => Array.from({ length: of[index]! }, () => at))
    shuffle(slice, random)
    yield slice
  }
}

/** @returns whole numbers, shape [count], whose sum is `requests` */
function sliceSizes(count: number, requests: number, random: () => number): number[] {
  const weights = Array.from({ length: count }, () => Math.exp(RATE_SD * normal(random)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let due = 0
  let planned = 0
  return weights.map((weight, index) => {
    due += (weight / total) * requests
    const until = index === count - 1 ? requests : Math.round(due)
    const size = until - planned
    planned = until
    return size
  })
}

function shuffle(items: number[], random: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const kept = items[last]!
    items[last] = items[other]!
    items[other] = kept
  }
}

/** Standard normal. Source: G. E. P. Box, M. E. Muller, Ann. Math. Stat. 29 (1958) 610-611. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Random numbers from 0 to below 1, the same in each run. Source: mulberry32, T. Ettinger (public domain). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
