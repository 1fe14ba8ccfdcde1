/**
 * Apps drawn at random: with a planted leak, and with nothing but what looks like one. The kinds are
 * those of benchmarks/leaks; 60 s at about 700 requests per second, readings every 3 s.
 */
import {
  type Cause,
  forSeconds,
  newest,
  type ObjectsPlan,
  rebuiltEvery,
  type RoutePlan,
  SyntheticApp,
} from './observations'
import type { Shares, Traced } from '../../lib/verdict/observation'
import { integer, normal, seeded } from './random'

/** A leak as it should be told. */
export interface Planted {
  readonly site: string
  readonly scope: 'route' | 'shared' | 'process'
  /** Index of the route. */
  readonly route: number | null
  readonly kind: 'heap' | 'buffers'
}

export interface DrawnApp {
  readonly what: string
  readonly app: SyntheticApp
  readonly planted: readonly Planted[]
}

type Random = () => number

export const PLANTED_KINDS = [
  'in a handler',
  'in a handler, small',
  'after an await',
  'after an await, in code seen under the route',
  'after an await, beside a rare route',
  'after an await, on a rare route',
  'in a Map that doubles its table',
  'on a rare route',
  'two routes at once',
  'requests kept',
  'in a middleware',
  'in a timer',
  'buffers',
] as const

export const INNOCENT_KINDS = [
  'an LRU cache that fills',
  'a cache with a lifetime',
  'a ring buffer',
  'a cache that is rebuilt',
  'one entry per key of a bounded set',
  'a backlog in bursts',
  'a table that doubles and fills',
  'a shifting mix of routes',
  'connections that grow in number',
  'a cache after an await',
  'nothing at all',
] as const

function drawRoutes(random: Random): RoutePlan[] {
  const count = integer(random, 3, 8)
  const weights = Array.from({ length: count }, () => 0.3 + random())
  const total = weights.reduce((sum, of) => sum + of, 0)
  return weights.map((weight, at) => ({
    route: `${at % 2 === 0 ? '/api' : '/page'}/${at}`,
    perSecond: (700 * weight) / total,
  }))
}

function between(random: Random, low: number, high: number): number {
  return low * (high / low) ** random()
}

/** Up to two either way, seldom so much. */
function drawBias(random: Random): number {
  return Math.min(2, Math.max(0.5, Math.exp(0.3 * normal(random))))
}

function route(index: number): Cause {
  return { kind: 'route', index }
}

/** Of a known total, so much is new between two counts, where each picks one at random. */
function newOnes(keys: number): (before: number, after: number) => number {
  return (before, after) => keys * (Math.exp(-before / keys) - Math.exp(-after / keys))
}

/** An innocent cache for the company of a leak, or alone; full at `part` of the minute or sooner. */
function drawCache(random: Random, routes: readonly RoutePlan[], site: string): ObjectsPlan {
  const index = integer(random, 0, routes.length - 1)
  const perSecond = routes[index]!.perSecond
  const bytes = Math.round(between(random, 100, 3000))
  const of = { site, by: route(index), bytes, bias: drawBias(random) }
  const choices: ObjectsPlan[] = [
    { ...of, life: newest(perSecond * between(random, 2, 15)) },
    { ...of, life: forSeconds(between(random, 1, 12)) },
    { ...of, births: newOnes(perSecond * between(random, 1, 5)) },
  ]
  return choices[integer(random, 0, choices.length - 1)]!
}

export function drawPlanted(seed: number, kind?: (typeof PLANTED_KINDS)[number]): DrawnApp {
  const what = kind ?? PLANTED_KINDS[seed % PLANTED_KINDS.length]!
  const random = seeded(seed)
  const routes = drawRoutes(random)
  const layers = [{ name: 'audit', mount: random() < 0.5 ? '' : '/api' }]
  const samplingBytes = Math.round(between(random, 8 << 10, 32 << 10))
  const index = integer(random, 0, routes.length - 1)
  const bytes = Math.round(between(random, 300, 5000))
  const of: ObjectsPlan = { site: 'leak', by: route(index), bytes, bias: drawBias(random) }
  const objects: ObjectsPlan[] = []
  let planted: Planted[] = [{ site: 'leak', scope: 'route', route: index, kind: 'heap' }]
  switch (what) {
    case 'in a handler':
      objects.push(of)
      break
    case 'in a handler, small':
      objects.push({ ...of, bytes: integer(random, 100, 200) })
      break
    case 'after an await':
      objects.push({ ...of, owner: null, calledBy: 'resume' })
      break
    case 'after an await, in code seen under the route':
      objects.push({ ...of, owner: null, calledBy: 'resume', seenUnder: [index] })
      break
    case 'after an await, beside a rare route':
      routes.push({ route: '/health', perSecond: between(random, 0.3, 5) })
      objects.push({ ...of, owner: null, calledBy: 'resume' })
      break
    case 'after an await, on a rare route':
      routes[index] = { ...routes[index]!, perSecond: 3.5 }
      objects.push({
        ...of,
        owner: null,
        calledBy: 'resume',
        bytes: integer(random, 5000, 40_000),
      })
      break
    case 'in a Map that doubles its table':
      objects.push({ ...of, bytes: integer(random, 100, 1000), tableBytes: 40 })
      break
    case 'on a rare route':
      routes[index] = { ...routes[index]!, perSecond: 3.5 }
      objects.push({ ...of, bytes: integer(random, 2000, 8000) })
      break
    case 'two routes at once': {
      const other = (index + 1) % routes.length
      objects.push(of, {
        ...of,
        site: 'other leak',
        by: route(other),
        bytes: Math.round(bytes * between(random, 0.4, 2.5)),
        bias: drawBias(random),
      })
      planted = [...planted, { site: 'other leak', scope: 'route', route: other, kind: 'heap' }]
      break
    }
    case 'requests kept':
      routes[index] = { ...routes[index]!, keepsRequests: true }
      objects.push({ ...of, site: 'leak', bytes: 1200 })
      objects.push({ ...of, site: 'leak', bytes: 800, owner: null, origin: 'runtime' })
      break
    case 'in a middleware':
      objects.push({ ...of, by: { kind: 'layer', index: 0 } })
      planted = [{ site: 'leak', scope: 'shared', route: null, kind: 'heap' }]
      break
    case 'in a timer':
      objects.push({
        ...of,
        by: { kind: 'time' },
        births: (before, after) => 20 * (after - before),
        bytes: integer(random, 1000, 10_000),
      })
      planted = [{ site: 'leak', scope: 'process', route: null, kind: 'heap' }]
      break
    case 'buffers':
      objects.push({ ...of, bytes: 180, bufferBytes: integer(random, 4000, 60_000) })
      planted = [{ site: 'leak', scope: 'route', route: index, kind: 'buffers' }]
      break
  }
  if (random() < 0.5) objects.push(drawCache(random, routes, 'cache'))
  return { what, app: new SyntheticApp({ seed, routes, layers, samplingBytes, objects }), planted }
}

/**
 * Three to forty routes whose mix does not drift, and one that leaks in a helper after its own await:
 * neither a label nor a rhythm tells whose it is.
 *
 * @param seen - by a trace: nothing; that one route runs the helper; or that all run it, and the code of
 *   one makes the container grow
 */
export function drawSteady(seed: number, seen: 'nothing' | 'runs' | 'growth'): DrawnApp {
  const random = seeded(seed)
  const count = Math.round(between(random, 3, 40))
  const routes = Array.from({ length: count }, (_, at) => ({
    route: `/thing/${at}`,
    perSecond: (1000 / (1 + at * 0.3)) * (4 / count),
  }))
  const index = integer(random, 0, count - 1)
  const least = 60_000 / routes[index]!.perSecond
  const total = routes.reduce((sum, { perSecond }) => sum + perSecond, 0)
  const everybody = routes.map((one, at) => ({ index: at, share: one.perSecond / total }))
  const traced: Record<typeof seen, Traced | null> = {
    nothing: null,
    runs: { runs: sharesOf([{ index, share: 1 }]), growth: null },
    growth: {
      runs: sharesOf(everybody),
      growth: { ...sharesOf([{ index, share: 0.98 }]), lost: 0.02 },
    },
  }
  const leak: ObjectsPlan = {
    site: 'leak',
    by: route(index),
    bytes: Math.round(Math.max(between(random, 200, 5000), least)),
    bias: drawBias(random),
    owner: null,
    calledBy: 'resume',
    traced: traced[seen],
  }
  const samplingBytes = Math.round(between(random, 8 << 10, 16 << 10))
  const app = new SyntheticApp({ seed, routes, samplingBytes, objects: [leak], isSteady: true })
  return {
    what: 'after an await, in steady traffic',
    app,
    planted: [{ site: 'leak', scope: 'route', route: index, kind: 'heap' }],
  }
}

function sharesOf(routes: Shares['routes']): Shares {
  return { seen: 100, routes, idle: 0, lost: 0 }
}

export function drawInnocent(seed: number, kind?: (typeof INNOCENT_KINDS)[number]): DrawnApp {
  const what = kind ?? INNOCENT_KINDS[seed % INNOCENT_KINDS.length]!
  const random = seeded(seed)
  const routes = drawRoutes(random)
  const samplingBytes = Math.round(between(random, 8 << 10, 32 << 10))
  const index = integer(random, 0, routes.length - 1)
  const { perSecond } = routes[index]!
  const bytes = Math.round(between(random, 100, 5000))
  const of: ObjectsPlan = { site: 'cache', by: route(index), bytes, bias: drawBias(random) }
  const objects: ObjectsPlan[] = []
  switch (what) {
    case 'an LRU cache that fills':
      objects.push({ ...of, life: newest(perSecond * between(random, 3, 35)) })
      break
    case 'a cache with a lifetime':
      objects.push({ ...of, life: forSeconds(between(random, 1, 20)) })
      break
    case 'a ring buffer':
      objects.push({ ...of, life: newest(perSecond * between(random, 0.2, 10)) })
      break
    case 'a cache that is rebuilt':
      objects.push({ ...of, life: rebuiltEvery(between(random, 4, 20)) })
      break
    case 'one entry per key of a bounded set':
      objects.push({ ...of, births: newOnes(perSecond * between(random, 1, 10)) })
      break
    case 'a backlog in bursts': {
      // 2.5 s of every 8 at two and a half times the rate.
      const shape = (seconds: number): number => (seconds % 8 < 2.5 ? 2.5 : 0.32)
      routes.forEach((one, at) => {
        routes[at] = { ...one, shape }
      })
      objects.push({ ...of, life: forSeconds(between(random, 0.5, 4)) })
      break
    }
    case 'a table that doubles and fills':
      objects.push({
        ...of,
        bytes: integer(random, 50, 500),
        tableBytes: 40,
        life: newest(perSecond * between(random, 3, 25)),
      })
      break
    case 'a shifting mix of routes':
      routes.forEach((one, at) => {
        const way = at % 2 === 0 ? 1 : -1
        routes[at] = { ...one, shape: (seconds) => 20 ** ((seconds / 60 - 0.5) * way) }
      })
      objects.push(drawCache(random, routes, 'cache'))
      break
    case 'connections that grow in number':
      objects.push({
        ...of,
        by: { kind: 'time' },
        owner: null,
        origin: random() < 0.5 ? 'runtime' : 'app',
        births: (before, after) => 7 * Math.max(0, Math.min(28, after) - before),
        bytes: integer(random, 2000, 20_000),
      })
      break
    case 'a cache after an await':
      objects.push({ ...drawCache(random, routes, 'cache'), owner: null, calledBy: 'resume' })
      break
    case 'nothing at all':
      break
  }
  if (random() < 0.3) objects.push(drawCache(random, routes, 'other cache'))
  return { what, app: new SyntheticApp({ seed, routes, samplingBytes, objects }), planted: [] }
}
