/**
 * Synthetic apps with known truth, and the observations memprof would make of them: routes whose rates
 * walk at random, objects that are born by requests and die by a rule, and V8's sampling of them, where
 * an object of s bytes is sampled with probability 1 - exp(-s / S) and then stands for s over that.
 * All from one seed.
 */
import type { StackFrame } from '../../lib/inspector/stack-frame'
import type {
  Observation,
  Owner,
  PlaceSeries,
  RouteSeries,
  Traced,
} from '../../lib/verdict/observation'
import { integer, normal, poisson, seeded } from './random'

export interface RoutePlan {
  readonly route: string
  readonly perSecond: number
  /** Factor on the rate at a time; the random walk comes on top. */
  readonly shape?: (seconds: number) => number
  /** Finished requests stay alive. */
  readonly keepsRequests?: boolean
  /** Of the requests, those that the client gives up. */
  readonly abortedShare?: number
}

/** An object's birth: when, and as which of its kind. */
export interface Birth {
  readonly ms: number
  readonly index: number
}
/** Whether an object lives at a reading, by when that is and how many had been born by then. */
export type Life = (birth: Birth, now: { ms: number; born: number }) => boolean

export const forever: Life = () => true
/** The newest `count`: a ring buffer, or an LRU cache that is full. */
export function newest(count: number): Life {
  return ({ index }, { born }) => index >= born - count
}
/** A cache that expires, or a timer that holds on. */
export function forSeconds(seconds: number): Life {
  return ({ ms }, now) => ms > now.ms - seconds * 1000
}
/** Thrown away altogether every so often, and built anew. */
export function rebuiltEvery(seconds: number): Life {
  return ({ ms }, now) => Math.floor(ms / seconds / 1000) === Math.floor(now.ms / seconds / 1000)
}

/** What is born: by each request of a route, each that was given up, each pass of a layer, all requests, or second. */
export type Cause =
  | { readonly kind: 'route' | 'aborted' | 'layer'; readonly index: number }
  | { readonly kind: 'all' | 'time' }

export interface ObjectsPlan {
  /** Function that allocates them: one site. */
  readonly site: string
  readonly by: Cause
  readonly bytes: number
  /** Born with count number `before` to `after` of the cause; one with each, unless given. */
  readonly births?: (before: number, after: number) => number
  readonly life?: Life
  /** As the stack tells it; by default the cause where that is a route or layer. */
  readonly owner?: Owner | null
  /** The outermost function, where it is not the site's own. */
  readonly calledBy?: string
  readonly seenUnder?: readonly number[]
  /** What a trace saw of it. */
  readonly traced?: Traced | null
  /** Sampled bytes over true bytes: V8's profile is off by up to two, per site. */
  readonly bias?: number
  /** Each is the wrapper of a buffer of that many bytes. */
  readonly bufferBytes?: number
  /** A collection's table: holds this many bytes per object, doubles when full, is one large object. */
  readonly tableBytes?: number
  readonly origin?: PlaceSeries['origin']
}

export interface AppPlan {
  readonly seed: number
  readonly routes: readonly RoutePlan[]
  readonly layers?: ReadonlyArray<{ readonly name: string; readonly mount: string }>
  readonly objects: readonly ObjectsPlan[]
  /** Readings, one each 3 s. */
  readonly readings?: number
  readonly samplingBytes?: number
  /** Standard deviation of what the live heap moves by for no reason. */
  readonly noiseBytes?: number
  /** The mix of routes does not drift: no rhythm tells one from another. */
  readonly isSteady?: boolean
  /** Native memory that grows, per second. */
  readonly nativeBytesPerSecond?: number
}

const INTERVAL_MS = 3000
/** Parts of a window in which the truth is summed up. */
const SLICES = 32

interface Sample extends Birth {
  readonly window: number
  readonly size: number
}

interface Placed {
  readonly plan: ObjectsPlan
  /** Cumulative births at each reading. */
  readonly born: readonly number[]
  readonly samples: readonly Sample[]
  /** True live bytes at each reading: of the objects, of their buffers, of the table. */
  readonly trueBytes: readonly number[]
  readonly trueBufferBytes: readonly number[]
  readonly tableBytes: readonly number[]
}

function ownerKind(by: 'route' | 'aborted' | 'layer'): Owner['kind'] {
  return by === 'layer' ? 'layer' : 'route'
}

export class SyntheticApp {
  readonly plan: AppPlan
  readonly readings: number
  readonly samplingBytes: number
  readonly #timeMs: number[] = []
  readonly #ended: number[][]
  readonly #aborted: number[][]
  readonly #inFlight: number[][]
  readonly #placed: readonly Placed[]
  readonly #liveHeapBytes: number[]
  readonly #nativeBytes: number[] = []
  readonly #transients: ReadonlyArray<{ owner: Owner; liveBytes: number[] }>

  constructor(plan: AppPlan) {
    this.plan = plan
    this.readings = plan.readings ?? 20
    this.samplingBytes = plan.samplingBytes ?? 16 << 10
    const random = seeded(plan.seed)
    const walk = plan.routes.map(() => 0)
    this.#ended = plan.routes.map(() => [])
    this.#aborted = plan.routes.map(() => [])
    this.#inFlight = plan.routes.map(() => [])
    let ms = 0
    for (let at = 0; at < this.readings; at++) {
      const elapsed = INTERVAL_MS + integer(random, 0, 60)
      ms += elapsed
      this.#timeMs.push(ms)
      plan.routes.forEach(({ perSecond, shape, abortedShare }, index) => {
        if (!plan.isSteady) walk[index] = 0.7 * walk[index]! + 0.45 * normal(random)
        const rate = perSecond * Math.exp(walk[index]!) * (shape?.(ms / 1000) ?? 1)
        const before = this.#ended[index]!.at(-1) ?? 0
        const ended = poisson(random, (rate * elapsed) / 1000)
        this.#ended[index]!.push(before + ended)
        let aborted = this.#aborted[index]!.at(-1) ?? 0
        if (abortedShare)
          for (let one = 0; one < ended; one++) aborted += Number(random() < abortedShare)
        this.#aborted[index]!.push(aborted)
        this.#inFlight[index]!.push(poisson(random, rate * 0.01))
      })
      this.#nativeBytes.push(
        (40 << 20) + ((plan.nativeBytesPerSecond ?? 0) * ms) / 1000 + normal(random) * (1 << 20),
      )
    }
    this.#placed = [...plan.objects, ...background(plan)].map((one) => this.#place(one, random))
    this.#transients = plan.routes.map((_, index) => ({
      owner: { kind: 'route', index },
      // Garbage of the requests that are in flight while the heap is read.
      liveBytes: this.#inFlight[index]!.map(
        (count) => poisson(random, (count * 4000) / this.samplingBytes) * this.samplingBytes,
      ),
    }))
    const noise = plan.noiseBytes ?? 15 << 10
    this.#liveHeapBytes = this.#timeMs.map((_, at) => {
      const placed = this.#placed.reduce(
        (sum, { trueBytes, tableBytes }) => sum + trueBytes[at]! + tableBytes[at]!,
        0,
      )
      const inFlight = this.#inFlight.reduce((sum, of) => sum + of[at]! * 4000, 0)
      return Math.round((8 << 20) + placed + inFlight + noise * normal(random))
    })
  }

  /** Bytes that stay per count of their cause; a table as it was in the end, over all its entries. */
  trueRate(site: string): number {
    const last = this.readings - 1
    const [table = 0] = this.#placed
      .filter(({ plan }) => plan.site === site)
      .map(({ tableBytes, born }) => tableBytes[last]! / born[last]!)
    return table + this.#rateOf(site, ({ trueBytes }, at) => trueBytes[at]!)
  }

  trueBufferRate(site: string): number {
    return this.#rateOf(site, ({ trueBufferBytes }, at) => trueBufferBytes[at]!)
  }

  /**
   * Readings until a cache has shown what it is: until the first of its objects died, or it held nine
   * tenths of what it will ever hold.
   */
  settledAfter(site: string): number {
    const { plan, born, trueBytes } = this.#placed.find((placed) => placed.plan.site === site)!
    const most = Math.max(...trueBytes)
    const settled = (bytes: number, at: number): boolean =>
      bytes < 0.99 * born[at]! * plan.bytes || bytes >= 0.9 * most
    return 1 + trueBytes.findIndex(settled)
  }

  #rateOf(site: string, bytes: (placed: Placed, at: number) => number): number {
    const last = this.readings - 1
    const ofSite = this.#placed.filter(({ plan }) => plan.site === site)
    const exposure = this.#countsOf(ofSite[0]!.plan.by)
    return (
      ofSite.reduce((sum, of) => sum + bytes(of, last) - bytes(of, 0), 0) /
      (exposure[last]! - exposure[0]!)
    )
  }

  /** What would be known after that many readings. */
  observe(readings: number = this.readings): Observation {
    const cut = <T>(series: readonly T[]): T[] => series.slice(0, readings)
    const buffers = this.#timeMs.map((_, at) =>
      this.#placed.reduce((sum, { trueBufferBytes }) => sum + trueBufferBytes[at]!, 2 << 20),
    )
    const heapTotal = this.#liveHeapBytes.map((bytes) => 1.4 * bytes)
    return {
      samplingBytes: this.samplingBytes,
      timeMs: cut(this.#timeMs),
      liveHeapBytes: cut(this.#liveHeapBytes),
      appCodeBytes: cut(this.#timeMs.map(() => 1 << 20)),
      codeBytes: cut(this.#timeMs.map(() => 1 << 20)),
      ownWork: cut(this.#timeMs.map(() => 0)),
      debugged: cut(this.#timeMs.map(() => 0)),
      arrayBuffersBytes: cut(buffers),
      rssBytes: cut(this.#nativeBytes.map((bytes, at) => bytes + heapTotal[at]! + buffers[at]!)),
      heapTotalBytes: cut(heapTotal),
      connections: cut(this.#timeMs.map(() => 50)),
      routes: this.plan.routes.map(({ route, keepsRequests }, index): RouteSeries => {
        const ended = cut(this.#ended[index]!)
        const watched = Math.min(ended.at(-1)!, 64 + Math.floor(ended.at(-1)! / 16))
        return {
          method: 'GET',
          route,
          ended,
          aborted: cut(this.#aborted[index]!),
          failed: ended.map(() => 0),
          inFlight: cut(this.#inFlight[index]!),
          watched,
          kept: keepsRequests ? watched : 0,
        }
      }),
      layers: (this.plan.layers ?? []).map(({ name, mount }, index) => ({
        name,
        mount,
        entered: cut(this.#countsOf({ kind: 'layer', index })),
      })),
      places: [
        ...this.#placed.flatMap((placed) => this.#seriesOf(placed, readings)),
        ...this.#transients.map(({ owner, liveBytes }) => ({
          ...emptyPlace(owner, [frameOf(`render ${JSON.stringify(owner)}`)], readings),
          liveBytes: cut(liveBytes),
          bornBytes: at(liveBytes, readings, 1),
          bornBytesSquared: at(liveBytes, readings, this.samplingBytes),
        })),
      ],
    }
  }

  #countsOf(by: Cause): readonly number[] {
    if (by.kind === 'time') return this.#timeMs.map((ms) => ms / 1000)
    if (by.kind === 'route') return this.#ended[by.index]!
    if (by.kind === 'aborted') return this.#aborted[by.index]!
    const mount = by.kind === 'layer' ? this.plan.layers![by.index]!.mount : ''
    const passing = this.#ended.filter((_, index) => {
      const { route } = this.plan.routes[index]!
      return mount === '' || route.startsWith(`${mount}/`)
    })
    return this.#timeMs.map((_, at) => passing.reduce((sum, ended) => sum + ended[at]!, 0))
  }

  #place(plan: ObjectsPlan, random: () => number): Placed {
    const { by, bytes, births, life = forever, bias = 1, bufferBytes = 0, tableBytes = 0 } = plan
    const exposure = this.#countsOf(by)
    let total = 0
    const born = exposure.map((after, at) => {
      const before = at === 0 ? 0 : exposure[at - 1]!
      total += births ? births(before, after) : after - before
      return total
    })
    const within = (at: number, part: number): Birth => {
      const ms = at === 0 ? 0 : this.#timeMs[at - 1]!
      const index = at === 0 ? 0 : born[at - 1]!
      return {
        ms: ms + part * (this.#timeMs[at]! - ms),
        index: index + part * (born[at]! - index),
      }
    }
    const sampled = 1 - Math.exp(-bytes / this.samplingBytes)
    const samples = born.flatMap((after, at) => {
      const births = after - (at === 0 ? 0 : born[at - 1]!)
      const taken = poisson(random, births * sampled * bias)
      return Array.from({ length: taken }, () => ({
        ...within(at, random()),
        window: at,
        size: Math.round(bytes / sampled),
      }))
    })
    const living = this.#timeMs.map((ms, now) => {
      let alive = 0
      for (let at = 0; at <= now; at++) {
        const births = born[at]! - (at === 0 ? 0 : born[at - 1]!)
        for (let slice = 0; slice < SLICES; slice++) {
          const birth = within(at, (slice + 0.5) / SLICES)
          if (life(birth, { ms, born: born[now]! })) alive += births / SLICES
        }
      }
      return alive
    })
    let most = 0
    return {
      plan,
      born,
      samples,
      trueBytes: living.map((count) => count * bytes),
      trueBufferBytes: living.map((count) => count * bufferBytes),
      tableBytes: living.map((count) => {
        most = Math.max(most, count)
        return most < 1 ? 0 : 2 ** Math.ceil(Math.log2(most)) * tableBytes
      }),
    }
  }

  #seriesOf({ plan, born, samples, tableBytes }: Placed, readings: number): PlaceSeries[] {
    const { by, life = forever, calledBy, seenUnder = [] } = plan
    const caused: Owner | null =
      'index' in by ? { kind: ownerKind(by.kind), index: by.index } : null
    const owner = plan.owner === undefined ? caused : plan.owner
    const frames = [frameOf(plan.site), ...(calledBy ? [frameOf(calledBy)] : [])]
    const place = {
      ...emptyPlace(owner, frames, readings),
      origin: plan.origin ?? 'app',
      isBuffer: (plan.bufferBytes ?? 0) > 0,
      isTimer: false,
      seenUnder: owner ? [] : seenUnder,
      traced: plan.traced ?? null,
    }
    const last = readings - 1
    for (const sample of samples) {
      const { window, size } = sample
      for (let at = window; at <= last; at++) {
        if (!life(sample, { ms: this.#timeMs[at]!, born: born[at]! })) continue
        place.liveBytes[at]! += size
        if (at > window) place.survivedBytes[at]! += size
        if (at < last) continue
        place.bornBytes[window]! += size
        place.bornBytesSquared[window]! += size * size
      }
    }
    const table = { ...emptyPlace(owner, frames, readings), isLarge: true }
    let grew = 0
    for (let at = 0; at <= last; at++) {
      const bytes = tableBytes[at]!
      if (bytes > (tableBytes[at - 1] ?? 0)) grew = at
      if (bytes < 8 * this.samplingBytes) continue
      table.liveBytes[at] = bytes
      if (grew < at) table.survivedBytes[at] = bytes
    }
    if (table.liveBytes[last]! > 0) {
      table.bornBytes[grew] = table.liveBytes[last]!
      table.bornBytesSquared[grew] = table.liveBytes[last]! ** 2
    }
    return plan.tableBytes ? [place, table] : [place]
  }
}

/**
 * What every app has: code loaded and compiled while it warms up, under routes and outside them, and
 * connections that come and go.
 */
function background({ seed, routes }: AppPlan): ObjectsPlan[] {
  const random = seeded(seed + 0x5eed)
  const settles = (most: number, after: number) => (before: number, to: number) =>
    most * (Math.exp(-before / after) - Math.exp(-to / after))
  return [
    {
      site: 'compile',
      by: { kind: 'all' },
      owner: null,
      origin: 'runtime',
      bytes: 512,
      births: settles(integer(random, 1000, 4000), integer(random, 400, 2500)),
    },
    {
      site: 'connection',
      by: { kind: 'time' },
      owner: null,
      origin: 'runtime',
      bytes: 900,
      births: (before, to) => 30 * (to - before),
      life: forSeconds(integer(random, 1, 6)),
    },
    ...routes.map(
      (_, index): ObjectsPlan => ({
        site: `lazy ${index}`,
        by: { kind: 'route', index },
        bytes: 256,
        births: settles(integer(random, 0, 400), integer(random, 10, 300)),
      }),
    ),
  ]
}

/** The last of the first `readings` amounts, times `factor`; zero before. */
function at(amounts: readonly number[], readings: number, factor: number): number[] {
  return amounts
    .slice(0, readings)
    .map((amount, reading) => (reading === readings - 1 ? amount * factor : 0))
}

/** A frame of the app's, at a position of its own. */
export function frameOf(functionName: string): StackFrame {
  // The characters of its name, read as a number.
  let position = 7
  for (const character of functionName) {
    position = (Math.imul(position, 31) + character.codePointAt(0)!) >>> 0
  }
  return {
    functionName,
    url: '/app/app.js',
    scriptId: '42',
    lineNumber: position >>> 12,
    columnNumber: position & 0xfff,
  }
}

type Filled = { -readonly [K in keyof PlaceSeries]: PlaceSeries[K] } & {
  liveBytes: number[]
  survivedBytes: number[]
  bornBytes: number[]
  bornBytesSquared: number[]
}

/** A place that holds nothing at any of the readings. */
export function emptyPlace(
  owner: Owner | null,
  frames: readonly StackFrame[],
  readings: number,
): Filled {
  const zeros = (): number[] => new Array<number>(readings).fill(0)
  return {
    owner,
    origin: 'app',
    isBuffer: false,
    isTimer: false,
    isLarge: false,
    frames,
    seenUnder: [],
    traced: null,
    liveBytes: zeros(),
    survivedBytes: zeros(),
    bornBytes: zeros(),
    bornBytesSquared: zeros(),
  }
}

export interface BornOptions {
  readonly sampleBytes: number
  /** What was born before this many readings has died by the end. */
  readonly dead?: number
  readonly owner?: Owner | null
  /** Names of functions, nearest first. */
  readonly functions?: readonly string[]
}

/** A place by hand: so many samples born before each reading. */
export function bornPlace(births: readonly number[], options: BornOptions): PlaceSeries {
  const { sampleBytes, dead = 0, owner = null, functions = ['keep'] } = options
  const series = emptyPlace(owner, functions.map(frameOf), births.length)
  let liveBytes = 0
  for (const [at, samples] of births.entries()) {
    series.survivedBytes[at] = liveBytes
    liveBytes += samples * sampleBytes
    series.liveBytes[at] = liveBytes
    if (at < dead) continue
    series.bornBytes[at] = samples * sampleBytes
    series.bornBytesSquared[at] = samples * sampleBytes ** 2
  }
  return series
}

/** An observation by hand, every 3 s: the heap holds what the places do, and nothing else moves. */
export function handmade(
  routes: ReadonlyArray<{ route: string; ended: readonly number[]; kept?: number }>,
  places: readonly PlaceSeries[],
  more: Partial<Observation> = {},
): Observation {
  const readings = routes[0]!.ended.length
  const flat = (value: number): number[] => new Array<number>(readings).fill(value)
  return {
    samplingBytes: 512 << 10,
    timeMs: flat(0).map((_, at) => 3000 * (at + 1)),
    appCodeBytes: flat(1 << 20),
    codeBytes: flat(1 << 20),
    ownWork: flat(0),
    debugged: flat(0),
    liveHeapBytes: flat(0).map((_, at) =>
      places.reduce((sum, { liveBytes }) => sum + liveBytes[at]!, 20 << 20),
    ),
    arrayBuffersBytes: flat(1 << 20),
    rssBytes: flat(100 << 20),
    heapTotalBytes: flat(40 << 20),
    connections: flat(50),
    routes: routes.map(({ route, ended, kept = 0 }) => ({
      method: 'GET',
      route,
      ended,
      aborted: flat(0),
      failed: flat(0),
      inFlight: flat(0),
      watched: 100,
      kept,
    })),
    layers: [],
    places,
    ...more,
  }
}

/** Cumulative, from what comes before each reading. */
export function cumulative(steps: readonly number[]): number[] {
  let sum = 0
  return steps.map((step) => (sum += step))
}
