/**
 * Reads the live heap now and then, keeps the series, and asks for verdicts. Owns the inspector's
 * session, the labels and the timer of the readings.
 */
import { clearTimeout, performance, setTimeout } from '../clock'
import type { Config } from '../config/settings'
import { halve, HeapHistory, type History, MAX_READINGS } from '../heap/heap-history'
import { Handlers } from '../heap/handlers'
import { KeptRequests } from '../heap/kept-requests'
import { type Label, LabelTable } from '../heap/labels'
import { isOwnScript, ownerOf } from '../heap/own-scripts'
import { PauseBudget } from './pause-budget'
import { MAX_PROFILES, type ProfileReason, writeProfile } from '../heap/profile-file'
import { SamplingInterval } from '../heap/sampling-interval'
import { type HeapSession, InspectorSession } from '../inspector/session'
import type { SampledProfile } from '../inspector/sampled-profile'
import { type FoundHolders, HolderSearch, type HolderSeeker } from '../holders/search'
import type { Label as HookLabel } from '../hooks/listener'
import { connectionsOf } from '../record/listening'
import type { Recorder } from '../record/recorder'
import type { Route } from '../record/routes'
import { positionKey } from '../inspector/stack-frame'
import { type HeapGrowth, heapGrowth, type HeapPoint } from '../verdict/heap-only'
import { judge, type Judgement } from '../verdict/judge'
import type { Leak } from '../verdict/leak'
import type { Observation, Owner, PlaceSeries } from '../verdict/observation'

/** Until a reading is kept, they come after this share of the interval: they choose the sampling's. */
const CHOOSING_SHARE = 0.5
/** Without requests, one reading in this many is made: a heap that nobody uses seldom grows. */
const IDLE_READINGS = 10

/** Servers known, at most. */
const MAX_SERVERS = 16

/** How long a reading waits for a look that goes first, ms. */
const YIELD_MS = 20

export interface LeakWatchOptions {
  readonly config: Config
  readonly warn: (code: string, message: string) => void
  /** Keys of the leaks that were told and stand. */
  readonly standing: () => ReadonlySet<string>
  /** A reading was judged; true when a leak was told. */
  readonly onJudged: (judgement: Judgement, observation: Observation) => boolean
  /** The heap grows, and is too large for readings of our own. */
  readonly onHeapGrowth: (growth: HeapGrowth) => void
  /** What keeps a leak was looked for. */
  readonly onHolders: (leak: Leak, found: FoundHolders) => void
  /** After each look; true when a leak was told. */
  readonly onLooked: () => boolean
  /** Written to the profile's name: the same as in the lines. */
  readonly instance: string
  /** Runs a piece of memprof's own work, its errors caught, its time counted. */
  readonly timed: (work: () => void) => void
}

export interface LeakWatch {
  makeLabel(kind: 'route' | 'layer', name: string): HookLabel | null
  onEnded(request: object, route: Route): void
  begin(recorder: Recorder): void
  /** A server listens: from its listeners the app can be reached. */
  noteServer(server: object): void
  readonly seeker: HolderSeeker | null
  readonly liveHeapBytes: number | undefined
  readonly pauseMs: number
  /** Live bytes memprof allocated, by the samples. */
  readonly memprofBytes: number
  /** A full collection of the process's own has just been. */
  afterFullGc(liveHeapBytes: number): void
  /** Reads the heap and writes a profile, whatever the interval and budget say. */
  writeProfile(reason: ProfileReason): void
  close(): void
}

/** @returns null where the heap cannot be sampled, or another agent samples it */
export function watchLeaks(options: LeakWatchOptions): LeakWatch | null {
  const { config, warn, timed } = options
  const opened = openSession(warn)
  if (!opened) return null
  const session = opened
  if (session.isTaken()) {
    session.close()
    warn(
      'heap-profiler-taken',
      'another agent runs the sampling heap profiler of this process: memprof records requests, but cannot tell leaks',
    )
    return null
  }

  const labels = new LabelTable()
  const kept = new KeptRequests(timed)
  const placeOptions = { labelOf: (url: string) => labels.ofScript(url), ownerOf }
  let series = new ProcessSeries()
  const handlers = new Handlers<Owner>((functions) => session.locate(functions))
  const sampling = new SamplingInterval(
    config.samplingBytes,
    config.leakIntervalMs,
    performance.now(),
  )
  let history = new HeapHistory(sampling.bytes, placeOptions)
  let recorder: Recorder | null = null
  let timer: NodeJS.Timeout | null = null
  let pauseMs = 0
  let liveHeapBytes: number | undefined
  let requestsAtReading = 0
  let skipped = 0
  /** Every `stride`-th reading is kept, once the history was halved. */
  let stride = 1
  let readings = 0
  const serverRefs: Array<WeakRef<object>> = []
  let ownReadings = true
  const points: HeapPoint[] = []
  let profiles = 0
  let labelsFailed = false
  let readingMs = 0
  const budget = new PauseBudget(config.pauseBudgetRatio, performance.now())

  const holders = config.holders
    ? new HolderSearch({
        config,
        session,
        isOwn: isOwnScript,
        timed,
        paused: spend,
        restMs,
        readingMs: () => readingMs,
        servers,
        found: options.onHolders,
        looked: () => {
          if (options.onLooked() && ownReadings) writeProfileNow('leak')
        },
      })
    : null

  function servers(): object[] {
    return serverRefs.flatMap((ref) => ref.deref() ?? [])
  }

  function spend(ms: number): void {
    pauseMs += ms
    budget.spend(ms, performance.now())
  }

  function restMs(): number {
    return budget.waitMs(performance.now())
  }

  session.start(sampling.bytes)

  /** Between two readings, ms. */
  function intervalMs(): number {
    return config.leakIntervalMs * (series.length === 0 ? CHOOSING_SHARE : 1)
  }

  function plan(afterMs: number): void {
    timer = setTimeout(() => timed(readAndPlan), afterMs)
    timer.unref()
  }

  function readAndPlan(): void {
    if (!recorder) return
    // A look for holders has taken its turn.
    const early = restMs()
    if (early > 0) return plan(Math.ceil(early))
    if (holders?.isNext) return plan(YIELD_MS)
    const idle = recorder.requests === requestsAtReading
    if (idle && ++skipped < IDLE_READINGS) return plan(config.leakIntervalMs)
    skipped = 0
    requestsAtReading = recorder.requests
    const lastPauseMs = read(recorder)
    if (lastPauseMs === null) {
      warn('heap-profiler-stopped', 'the sampling heap profiler was stopped by somebody else')
      return
    }
    if (lastPauseMs > config.maxPauseMs) {
      warn(
        'pause-exceeded',
        `a reading of the live heap took ${Math.round(lastPauseMs)} ms, more than MEMPROF_MAX_PAUSE (${config.maxPauseMs} ms): it was the last, and from here on the process's own full collections tell whether its heap grows`,
      )
      // Sampling goes on: a profile may still be asked for, and the last one matters most.
      ownReadings = false
      return
    }
    plan(Math.max(intervalMs(), restMs()))
  }

  /** @returns how long the process stood still, ms */
  function read(from: Recorder): number | null {
    const isChoosing = series.length === 0 && config.samplingBytes === null
    const reading = session.read(isChoosing)
    if (!reading) return null
    spend(reading.pauseMs)
    readingMs = reading.pauseMs
    liveHeapBytes = reading.liveHeapBytes
    if (retune(reading.taken)) return reading.pauseMs
    history.add(reading.profile)
    const ownWork = holders?.work ?? 0
    series.add({ liveHeapBytes, ownWork, connections: connectionsOf(servers()) }, from)
    kept.nextReading()
    noteHandlers(from)
    const observation = observe(from)
    const told = options.onJudged(judge(observation, options.standing()), observation)
    if (told) saveProfile('leak', reading.profile)
    if (++readings % stride !== 0) dropLast()
    else if (series.length >= MAX_READINGS) {
      history.halve()
      series.halve()
      stride *= 2
    }
    return reading.pauseMs
  }

  function writeProfileNow(reason: ProfileReason): void {
    if (config.profileDir === null || profiles >= MAX_PROFILES) return
    const reading = session.read()
    if (!reading) return
    spend(reading.pauseMs)
    saveProfile(reason, reading.profile)
  }

  function saveProfile(reason: ProfileReason, profile: SampledProfile): void {
    if (config.profileDir === null || profiles >= MAX_PROFILES) return
    profiles++
    try {
      writeProfile(config.profileDir, options.instance, reason, profile, (url) =>
        labels.ofScript(url),
      )
    } catch (error) {
      warn(
        'profile-failed',
        `a heap profile could not be written: ${String((error as Error)?.message)}`,
      )
    }
  }

  /** The heap by the process's own collections, once ours take too long. */
  function noteFullGc(heapBytes: number): void {
    if (ownReadings || !recorder) return
    liveHeapBytes = heapBytes
    points.push({
      timeMs: performance.now(),
      liveHeapBytes: heapBytes,
      requests: recorder.requests,
    })
    if (points.length > MAX_READINGS)
      points.splice(0, points.length, ...points.filter((_, at) => at % 2 === 0))
    const growth = heapGrowth(points)
    if (growth) options.onHeapGrowth(growth)
  }

  function dropLast(): void {
    history.dropLast()
    series.dropLast()
  }

  /** Without a label, a route's leaks are told by how they follow its requests. */
  function makeLabel(kind: 'route' | 'layer', name: string): Label | null {
    if (labelsFailed) return null
    try {
      return labels.make(kind, name)
    } catch (error) {
      labelsFailed = true
      warn(
        'labels-failed',
        `memprof cannot compile the frames that tell routes apart (${String((error as Error)?.message)}): what routes keep is estimated from their requests`,
      )
      return null
    }
  }

  /** @returns whether all begins anew, at another sampling interval */
  function retune(taken: number): boolean {
    if (!sampling.retune(taken, performance.now(), series.length > 0)) return false
    session.stop()
    history = new HeapHistory(sampling.bytes, placeOptions)
    series = new ProcessSeries()
    stride = 1
    readings = 0
    session.start(sampling.bytes)
    return true
  }

  /** One object per route and layer, by which handlers are told apart. */
  const ownerOfRoute: Owner[] = []
  const ownerOfLayer: Owner[] = []

  function noteHandlers({ routes }: Recorder): void {
    routes.routes.forEach((route, index) => {
      const owner = (ownerOfRoute[index] ??= { kind: 'route', index })
      for (const handle of route.handlers) handlers.note(handle, owner)
    })
    routes.layers.forEach((layer, index) => {
      const owner = (ownerOfLayer[index] ??= { kind: 'layer', index })
      for (const handle of layer.handlers) handlers.note(handle, owner)
    })
    handlers.locatePending()
  }

  function observe({ routes }: Recorder): Observation {
    const ownerOfLabel = new Map<number, Owner>()
    routes.routes.forEach(({ label }, index) => {
      if (label) ownerOfLabel.set(label.id, ownerOfRoute[index]!)
    })
    routes.layers.forEach(({ label }, index) => {
      if (label) ownerOfLabel.set(label.id, ownerOfLayer[index]!)
    })
    return {
      samplingBytes: sampling.bytes,
      ...series.columns(),
      routes: routes.routes.map((route, index) => ({
        method: route.method,
        route: route.pattern,
        ended: series.route(index).ended,
        inFlight: series.route(index).inFlight,
        ...kept.of(route.id),
      })),
      layers: routes.layers.map(({ name, mount }, index) => ({
        name,
        mount,
        entered: series.layer(index),
      })),
      places: [...history.histories].map((one) => placeSeries(one, ownerOfLabel)),
    }
  }

  function placeSeries(
    { place, isLarge, liveBytes, survivedBytes, bornBytes, bornBytesSquared }: History,
    ownerOfLabel: ReadonlyMap<number, Owner>,
  ): PlaceSeries {
    const { label, frames, origin, isBuffer, isTimer } = place
    let owner = label ? (ownerOfLabel.get(label.id) ?? null) : null
    const seenUnder = new Set<number>()
    if (!label) {
      // From the outermost frame inwards: what runs after an await begins with the handler itself.
      for (const frame of frames.toReversed()) {
        const owners = handlers.ownersAt(frame)
        if (owners.length === 1) owner ??= owners[0]!
        for (const by of owners) if (by.kind === 'route') seenUnder.add(by.index)
        for (const under of history.seenUnder(positionKey(frame)) ?? []) {
          const by = ownerOfLabel.get(under.id)
          if (by?.kind === 'route') seenUnder.add(by.index)
        }
      }
    }
    return {
      owner,
      origin,
      isBuffer,
      isTimer,
      isLarge,
      frames,
      seenUnder: [...seenUnder],
      liveBytes,
      survivedBytes,
      bornBytes,
      bornBytesSquared,
    }
  }

  return {
    makeLabel,
    onEnded(request, route) {
      kept.watch(request, route.id)
    },
    begin(from) {
      recorder = from
      holders?.begin(from)
      plan(intervalMs())
    },
    noteServer(server) {
      if (serverRefs.length < MAX_SERVERS) serverRefs.push(new WeakRef(server))
    },
    seeker: holders,
    get liveHeapBytes() {
      return liveHeapBytes
    },
    get pauseMs() {
      return pauseMs
    },
    get memprofBytes() {
      return history.memprofBytes
    },
    afterFullGc: noteFullGc,
    writeProfile: writeProfileNow,
    close() {
      if (timer) clearTimeout(timer)
      holders?.close()
      session.close()
    },
  }
}

/** Under Node's permission model the inspector is closed, unless it was allowed. */
function openSession(warn: LeakWatchOptions['warn']): HeapSession | null {
  try {
    return new InspectorSession()
  } catch (error) {
    warn(
      'heap-profiler-denied',
      `the inspector cannot be used (${String((error as Error)?.message)}): memprof records requests, but cannot tell leaks`,
    )
    return null
  }
}

interface ReadingCounts {
  readonly liveHeapBytes: number
  /** Looks for holders so far. */
  readonly ownWork: number
  readonly connections: number
}

/** The counts and sizes that go with each reading of the heap. */
class ProcessSeries {
  readonly #timeMs: number[] = []
  readonly #liveHeapBytes: number[] = []
  readonly #ownWork: number[] = []
  readonly #arrayBuffersBytes: number[] = []
  readonly #rssBytes: number[] = []
  readonly #heapTotalBytes: number[] = []
  readonly #connections: number[] = []
  readonly #routes: Array<{ ended: number[]; inFlight: number[] }> = []
  readonly #layers: number[][] = []

  get length(): number {
    return this.#timeMs.length
  }

  add({ liveHeapBytes, ownWork, connections }: ReadingCounts, { routes, stats }: Recorder): void {
    const memory = process.memoryUsage()
    const before = this.length
    this.#timeMs.push(performance.now())
    this.#liveHeapBytes.push(liveHeapBytes)
    this.#ownWork.push(ownWork)
    this.#arrayBuffersBytes.push(memory.arrayBuffers)
    this.#rssBytes.push(memory.rss)
    this.#heapTotalBytes.push(memory.heapTotal)
    this.#connections.push(connections)
    for (const { id } of routes.routes) {
      const one = (this.#routes[id] ??= { ended: zeros(before), inFlight: zeros(before) })
      one.ended.push(stats[id]?.endedTotal ?? 0)
      one.inFlight.push(stats[id]?.inFlight ?? 0)
    }
    routes.layers.forEach((layer, index) => {
      const entered = (this.#layers[index] ??= zeros(before))
      entered.push(layer.entered)
    })
  }

  columns(): Pick<
    Observation,
    | 'timeMs'
    | 'liveHeapBytes'
    | 'ownWork'
    | 'arrayBuffersBytes'
    | 'rssBytes'
    | 'heapTotalBytes'
    | 'connections'
  > {
    return {
      timeMs: this.#timeMs,
      liveHeapBytes: this.#liveHeapBytes,
      ownWork: this.#ownWork,
      arrayBuffersBytes: this.#arrayBuffersBytes,
      rssBytes: this.#rssBytes,
      heapTotalBytes: this.#heapTotalBytes,
      connections: this.#connections,
    }
  }

  route(index: number): { ended: readonly number[]; inFlight: readonly number[] } {
    return this.#routes[index] ?? { ended: zeros(this.length), inFlight: zeros(this.length) }
  }

  layer(index: number): readonly number[] {
    return this.#layers[index] ?? zeros(this.length)
  }

  halve(): void {
    for (const one of this.#all()) halve(one)
  }

  dropLast(): void {
    for (const one of this.#all()) one.pop()
  }

  #all(): number[][] {
    return [
      this.#timeMs,
      this.#liveHeapBytes,
      this.#ownWork,
      this.#arrayBuffersBytes,
      this.#rssBytes,
      this.#heapTotalBytes,
      this.#connections,
      ...this.#routes.flatMap(({ ended, inFlight }) => [ended, inFlight]),
      ...this.#layers,
    ]
  }
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0)
}
