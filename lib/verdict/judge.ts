/**
 * Readings -> a verdict per route, and the leaks. Pure; docs/method.md tells the method and its error
 * rates.
 */
import type { Attribution, Interval, LeakKind, LeakScope, Verdict } from '../schema/lines'
import { calibrate } from './calibrate'
import { type Growth, growthOf, poolOf, type Span, survival, withoutTables } from './growth'
import type { Observation, PlaceSeries } from './observation'
import { bufferRates, nativeRate } from './off-heap'
import { gather, siteOf, type Payer } from './payers'

export interface RouteJudgement {
  readonly verdict: Verdict
  readonly bytesPerRequest?: number
  readonly ci95?: Interval
  readonly floorBytesPerRequest?: number
}

export interface PlaceGrowth {
  readonly place: PlaceSeries
  readonly bytes: number
}

export interface Leak {
  /** The same from one judgement to the next. */
  readonly key: string
  readonly scope: LeakScope
  readonly kind: LeakKind
  /** Index of the route, for scope `route`. */
  readonly route: number | null
  /** Where the middleware is mounted, for scope `shared`; '' for every path. */
  readonly mount: string
  /** Bytes per request; per second for scope `process`. */
  readonly rate: number
  readonly ci95: Interval
  /** Smallest rate that would have been seen. */
  readonly floor: number
  /** Requests in the observation; for scope `process` seconds. */
  readonly exposure: number
  readonly retainedBytes: number
  readonly attribution: Attribution
  /** Share of the bytes that was attributed by labels. */
  readonly directShare: number
  /** Largest first. */
  readonly places: readonly PlaceGrowth[]
}

export interface Judgement {
  /** One per route of the observation. */
  readonly routes: readonly RouteJudgement[]
  readonly leaks: readonly Leak[]
}

/** Readings before a verdict: two for the warm-up, then six to see it go on. */
export const MIN_READINGS = 8
/** Share of the requests so far that counts as warm-up: lazy code, inline caches, pools. */
const WARM_UP_SHARE = 0.15
/** Requests of a route in the observation below which nothing is said of it. */
const MIN_REQUESTS = 30
/** Samples a leak stands for, at least. */
const MIN_SAMPLES = 7
/** Its standard score, at least. */
const MIN_SCORE = 2.6
/** Readings over which it came, at least: what comes once, such as code that is compiled, does not go on. */
const MIN_SPREAD_READINGS = 2.5
/** The last third grows at least at this share of the mean rate, a deviation allowed. */
const MIN_STEADINESS = 0.5
/** As long as the observation is short, the last third may not fall behind: a cache may be filling. */
const SHORT_READINGS = 16
const MIN_STEADINESS_SHORT = 0.75
/** Of what was born in the first half, this share lives on in a leak. */
const MIN_SURVIVAL = 0.6
/** A leak smaller than this many bytes per request is not told from V8's own housekeeping. */
export const MIN_BYTES_PER_REQUEST = 24
/** Requests still in flight, as a share of those that ended, that may explain what is kept. */
const MAX_IN_FLIGHT_SHARE = 0.1
/** What may be kept of an open connection, bytes: a session, a window of its requests, Node's own. */
const MAX_BYTES_PER_CONNECTION = 32 << 10
/** A buffer's wrapper weighs less than this share of the buffer, where buffers are what leaks. */
const MAX_WRAPPER_SHARE = 0.1
/** Samples of wrappers from which a unit is taken for one that keeps buffers. */
const MIN_WRAPPER_SAMPLES = 4
/** Of what was sampled of a site, at least this much is real: V8 counts some of it twice or so. */
const MIN_REAL_SHARE = 0.25
const Z95 = 1.96

/**
 * @param standing - keys of leaks that were told and found ever since: those go on until they clearly
 *   stopped, while a new one has to show that it goes on
 */
export function judge(
  observation: Observation,
  standing: ReadonlySet<string> = new Set(),
): Judgement {
  const { routes, timeMs } = observation
  const readings = timeMs.length
  const span = spanOf(observation)
  if (!span) {
    return { routes: routes.map(() => ({ verdict: 'insufficient-data' })), leaks: [] }
  }
  const payers = gather(observation, span)
  const found: Found[] = []
  const judged = new Map<Payer, { growth: Growth; going: boolean }>()
  for (const payer of payers) {
    const { lasting, lumps } = sort(payer, span, readings)
    const growth = growthOf(
      poolOf(lasting, readings),
      payer.exposure,
      span,
      observation.samplingBytes,
    )
    const isStanding = standing.has(leakKey(payer, 'heap'))
    const going = isGoing(growth, payer, observation, span, isStanding)
    judged.set(payer, { growth, going })
    const isOnce = growth.readings < MIN_SPREAD_READINGS && !isStanding
    if (going && !isOnce) found.push({ payer, growth, lasting, lumps })
  }
  const buffers = measureBuffers(payers, observation, span)
  const heap = measure(found, observation, span).filter(
    ({ payer, leak }) => !isWrappers(leak, buffers.find((of) => of.payer === payer)?.leak),
  )
  const leaks = [...buffers, ...heap]
  return {
    routes: routes.map((_, index) =>
      routeJudgement(index, payers, judged, leaks, observation, span),
    ),
    leaks: [...leaks.map(({ leak }) => leak), ...measureNative(observation, span)],
  }
}

/** Whether the heap's part of a leak is little more than the wrappers of its buffers. */
function isWrappers(heap: Leak, buffers: Leak | undefined): boolean {
  return buffers !== undefined && heap.rate < MAX_WRAPPER_SHARE * buffers.rate
}

interface Found {
  readonly payer: Payer
  readonly growth: Growth
  readonly lasting: readonly PlaceSeries[]
  readonly lumps: readonly PlaceSeries[]
}

/**
 * What stays, and the few large objects beside it: a table that doubled comes as one sample, of the
 * size of all entries since the start. Where large objects are what leaks, there are many of them.
 */
function sort(
  payer: Payer,
  span: Span,
  readings: number,
): { lasting: readonly PlaceSeries[]; lumps: readonly PlaceSeries[] } {
  const places = [...payer.direct, ...payer.estimated]
  const all = places.filter((place) => lasts(place, payer, span, readings))
  const lasting = withoutTables(all, span)
  // A table is thrown away when it doubles, and is no less part of what is kept.
  return { lasting, lumps: lasting === all ? [] : places.filter(({ isLarge }) => isLarge) }
}

/** From the end of the warm-up to the last reading; null while there is too little to see. */
function spanOf({ routes, timeMs }: Observation): Span | null {
  const last = timeMs.length - 1
  const ended = (at: number): number => routes.reduce((sum, route) => sum + route.ended[at]!, 0)
  if (last < 0) return null
  const total = ended(last)
  let first = 2
  while (first < last && ended(first - 1) < WARM_UP_SHARE * total) first++
  return last - first + 1 >= MIN_READINGS - 2 ? { first, last } : null
}

/** Whether what is born at a place stays: false for caches that evict, expire or are rebuilt. */
function lasts(place: PlaceSeries, payer: Payer, span: Span, readings: number): boolean {
  const share = survival(poolOf([place], readings), payer.exposure, span)
  return Number.isNaN(share) || share >= MIN_SURVIVAL
}

function leakKey({ key }: Payer, kind: LeakKind): string {
  return `${key} ${kind}`
}

function isGoing(
  growth: Growth,
  payer: Payer,
  observation: Observation,
  span: Span,
  isStanding: boolean,
): boolean {
  const { bytes, sd, samples, rates, rateSds } = growth
  const exposure = payer.exposure[span.last - 1]! - payer.exposure[span.first - 1]!
  if (bytes <= 0 || samples < MIN_SAMPLES || bytes < MIN_SCORE * sd) return false
  const rate = bytes / exposure
  if (payer.scope !== 'process') {
    if (exposure < MIN_REQUESTS || rate < MIN_BYTES_PER_REQUEST) return false
  }
  if (payer.route !== null) {
    const { inFlight } = observation.routes[payer.route]!
    if (grownBy(inFlight, span) > MAX_IN_FLIGHT_SHARE * exposure) return false
  }
  const [, , lastRate] = rates
  const [, , lastSd] = rateSds
  if (isStanding) return lastRate + lastSd >= MIN_STEADINESS * rate
  // Opened at a steady rate, connections grow like requests: what they may hold is no leak yet.
  const opened = payer.scope === 'process' ? 0 : grownBy(observation.connections, span)
  if (bytes <= opened * MAX_BYTES_PER_CONNECTION) return false
  if (lastRate < lastSd) return false
  return observation.timeMs.length < SHORT_READINGS
    ? lastRate + 0.5 * lastSd >= MIN_STEADINESS_SHORT * rate
    : lastRate + lastSd >= MIN_STEADINESS * rate
}

function grownBy(series: readonly number[], { first, last }: Span): number {
  return series[last]! - series[first]!
}

interface Measured {
  readonly payer: Payer
  readonly leak: Leak
}

/** Puts true bytes on what was found: the live heap sets the total, the samples the shares. */
function measure(found: readonly Found[], observation: Observation, span: Span): Measured[] {
  const { first, last } = span
  const readings = observation.timeMs.length
  const claimed = new Set(found.flatMap(({ lasting }) => lasting))
  const rest = observation.places.filter((place) => !claimed.has(place))
  const cut = (series: readonly number[]): number[] => series.slice(first, last + 1)
  // Large objects are sampled for sure and at their size: taken out of the heap as they are.
  const lumps = poolOf(
    rest.filter(({ isLarge }) => isLarge),
    readings,
  ).liveBytes
  const background = rest.filter((place) => !place.isLarge && !isOfNoFunction(place))
  const ofOwn = background.filter(({ origin }) => origin === 'memprof')
  const ofOthers = background.filter(({ origin }) => origin !== 'memprof')
  const claims = found.map(({ payer, growth }) => ({
    exposure: cut(payer.exposure),
    sampledRate: growth.bytes / (payer.exposure[last - 1]! - payer.exposure[first - 1]!),
  }))
  const calibrated = calibrate(
    cut(observation.liveHeapBytes.map((bytes, at) => bytes - lumps[at]!)),
    // Younger ones are of requests in flight, and scatter more than those do. memprof's come at searches.
    cut(poolOf(ofOthers, readings).survivedBytes),
    claims,
    { bytes: cut(poolOf(ofOwn, readings).liveBytes), work: cut(observation.ownWork) },
  )
  return found.flatMap(({ payer, growth, lasting, lumps: tables }, at) => {
    const { rate: entryRate, sd, isSure } = calibrated[at]!
    // The tables hold every entry since the start: each pays its part, whenever they grew.
    const rate = entryRate + poolOf(tables, readings).liveBytes[last]! / payer.exposure[last]!
    const exposure = payer.exposure[last]! - payer.exposure[first]!
    // Of two leaks with one rhythm the heap tells the sum: that each is there, their samples do.
    const real = MIN_REAL_SHARE * claims[at]!.sampledRate
    const least = isSure && entryRate > real ? real : 0
    const scale = (rate * exposure) / growth.bytes
    const places = lasting.map((place) => ({
      place,
      bytes: (place.survivedBytes[last]! - place.survivedBytes[first]!) * scale,
    }))
    const leak = leakOf(payer, 'heap', { rate, sd, least }, exposure, places, observation)
    return leak ? [{ payer, leak }] : []
  })
}

/**
 * Made by native code with no function above it: above all the strings of a request's URL and headers,
 * by the parser. Those are no site of a leak, but grow only where one keeps them: they are part of it.
 */
function isOfNoFunction({ origin, frames }: PlaceSeries): boolean {
  return origin === 'runtime' && frames.length === 0
}

function measureBuffers(
  payers: readonly Payer[],
  observation: Observation,
  span: Span,
): Measured[] {
  const readings = observation.timeMs.length
  const { first, last } = span
  const keepers = payers.flatMap((payer) => {
    const wrappers = wrappersOf(sort(payer, span, readings).lasting)
    const growth = growthOf(
      poolOf(wrappers, readings),
      payer.exposure,
      span,
      observation.samplingBytes,
    )
    return growth.samples >= MIN_WRAPPER_SAMPLES && growth.rates[2] > 0
      ? [{ payer, wrappers, growth }]
      : []
  })
  const claims = keepers.map(({ payer, growth }) => ({
    exposure: payer.exposure,
    wrapperBytes: growth.bytes,
  }))
  const rates = bufferRates(observation, span, claims)
  if (!rates) return []
  return keepers.flatMap(({ payer, wrappers, growth }, at) => {
    const { rate, sd } = rates[at]!
    const exposure = payer.exposure[last]! - payer.exposure[first]!
    const scale = (rate * exposure) / growth.bytes
    const places = wrappers.map((place) => ({
      place,
      bytes: (place.survivedBytes[last]! - place.survivedBytes[first]!) * scale,
    }))
    const leak = leakOf(payer, 'buffers', { rate, sd }, exposure, places, observation)
    return leak ? [{ payer, leak }] : []
  })
}

/**
 * Places that make buffers: those in whose stack Node's buffer code was seen, and others of the same
 * function, since V8 inlines that code sooner or later.
 */
function wrappersOf(places: readonly PlaceSeries[]): PlaceSeries[] {
  const sites = new Set(places.filter(({ isBuffer }) => isBuffer).map(siteOf))
  return places.filter((place) => sites.has(siteOf(place)))
}

function measureNative(observation: Observation, span: Span): Leak[] {
  const found = nativeRate(observation, span)
  if (!found) return []
  const { timeMs } = observation
  const { rate, bytes } = found
  return [
    {
      key: 'native',
      scope: 'process',
      kind: 'native',
      route: null,
      mount: '',
      rate,
      // Fragmentation comes and goes: no interval from noise alone would be honest.
      ci95: [rate / 2, rate * 2],
      floor: 0,
      exposure: (timeMs[span.last]! - timeMs[span.first]!) / 1000,
      retainedBytes: bytes,
      attribution: 'estimated',
      directShare: 0,
      places: [],
    },
  ]
}

/** @returns null where the interval reaches zero, and no `least` is known */
function leakOf(
  payer: Payer,
  kind: LeakKind,
  { rate, sd, least = 0 }: { rate: number; sd: number; least?: number },
  exposure: number,
  places: readonly PlaceGrowth[],
  { samplingBytes }: Observation,
): Leak | null {
  const ci95: Interval = [Math.max(least, rate - Z95 * sd), rate + Z95 * sd]
  if (ci95[0] <= 0) return null
  const grown = places.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes)
  const sum = (of: readonly PlaceGrowth[]): number => of.reduce((all, { bytes }) => all + bytes, 0)
  const direct = sum(grown.filter(({ place }) => payer.direct.includes(place)))
  const directShare = direct / Math.max(1, sum(grown))
  return {
    key: leakKey(payer, kind),
    scope: payer.scope,
    kind,
    route: payer.route,
    mount: payer.mount,
    rate,
    ci95,
    floor: floorOf(samplingBytes, exposure),
    exposure,
    retainedBytes: rate * exposure,
    attribution: directShare >= 0.5 ? 'direct' : 'estimated',
    directShare,
    places: grown,
  }
}

/** What would have given the samples a leak needs, over that many counts. */
function floorOf(samplingBytes: number, exposure: number): number {
  return Math.max(MIN_BYTES_PER_REQUEST, (MIN_SAMPLES * samplingBytes) / Math.max(1, exposure))
}

function routeJudgement(
  index: number,
  payers: readonly Payer[],
  judged: ReadonlyMap<Payer, { growth: Growth; going: boolean }>,
  leaks: readonly Measured[],
  { routes, samplingBytes }: Observation,
  { first, last }: Span,
): RouteJudgement {
  const { ended } = routes[index]!
  const exposure = ended[last]! - ended[first]!
  const payer = payers.find(({ route }) => route === index)
  const { growth, going } = (payer && judged.get(payer)) ?? {}
  if (!growth || exposure < MIN_REQUESTS) return { verdict: 'insufficient-data' }
  const floorBytesPerRequest = floorOf(samplingBytes, exposure)
  const leak = leaks.find((one) => one.payer === payer)?.leak
  if (leak) {
    return { verdict: 'leaking', bytesPerRequest: leak.rate, ci95: leak.ci95, floorBytesPerRequest }
  }
  // It goes on by its samples, and the heap does not show it, or it came at once: who knows.
  if (going) return { verdict: 'insufficient-data', floorBytesPerRequest }
  const held = growth.heldBytes + growth.bytes
  const grew = held >= MIN_SAMPLES * samplingBytes
  return { verdict: grew ? 'plateaued' : 'steady', floorBytesPerRequest }
}
