/** Processes and threads, each from its start to its end. */
import type { LogLine, LogLineOf } from '../log/log-line'
import { Limit } from './limit'
import { addMemoryPoint, emptyMemoryPoint, mergeMemoryPoints, type MemoryPoint } from './series'
import type { InstanceSummary } from './summary'
import { SeriesPool, TimeBuckets } from './time-buckets'

/** Processes and threads told apart; the lines of more are counted alone. */
const MAX_INSTANCES = 4096
/** Points of all instances' memory together, and of one. */
const MEMORY_POINTS = 16_384
const MAX_MEMORY_POINTS = 256

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** What is known of an instance so far: its summary, but for what only the end can tell. */
export interface InstanceTally extends Writable<Omit<InstanceSummary, 'gc' | 'self' | 'memory'>> {
  readonly gc: Writable<InstanceSummary['gc']>
  readonly self: Writable<InstanceSummary['self']>
  newest: LogLineOf<'process'> | null
  readonly memory: TimeBuckets<MemoryPoint>
}

export class Instances {
  readonly limit: Limit = new Limit(MAX_INSTANCES, 'processes')
  readonly #byId = new Map<string, InstanceTally>()
  /** `start` lines from before the time from which on lines count. */
  readonly #earlyStarts = new Map<string, LogLineOf<'start'>>()
  readonly #memory = new SeriesPool(
    MEMORY_POINTS,
    MAX_MEMORY_POINTS,
    (maxPoints) => new TimeBuckets(maxPoints, emptyMemoryPoint, mergeMemoryPoints),
  )

  /** What runs now may have started long before the lines that count. */
  takeEarlyStart(line: LogLineOf<'start'>): void {
    if (this.#earlyStarts.size < MAX_INSTANCES) this.#earlyStarts.set(line.instance, line)
  }

  /** The instance that wrote a line; null where it is one too many. */
  of(line: LogLine): InstanceTally | null {
    const instance = this.#byId.get(line.instance) ?? this.#add(line)
    if (!instance) return null
    if (line.time < instance.firstTime) instance.firstTime = line.time
    if (line.time > instance.lastTime) instance.lastTime = line.time
    return instance
  }

  #add(line: LogLine): InstanceTally | null {
    if (!this.limit.admits(this.#byId.size)) return null
    const instance: InstanceTally = {
      instance: line.instance,
      service: line.service,
      version: line.version,
      pid: line.pid,
      hostname: line.hostname,
      threadId: line.threadId,
      firstTime: line.time,
      lastTime: line.time,
      start: this.#earlyStarts.get(line.instance) ?? null,
      stop: null,
      replaces: null,
      replacedBy: null,
      requests: 0,
      dropped: 0,
      inFlight: 0,
      gc: { minor: 0, major: 0, pauseMs: 0 },
      self: { cpuMs: 0, pauseMs: 0, heapBytes: 0 },
      heapLimitBytes: null,
      secondsToLimit: null,
      growth: null,
      maxRssBytes: 0,
      memory: this.#memory.open(),
      memoryStepMs: 0,
      newest: null,
    }
    this.#byId.set(line.instance, instance)
    return instance
  }

  take(line: LogLineOf<'process'>, instance: InstanceTally): void {
    if (!instance.newest || line.time >= instance.newest.time) {
      instance.newest = line
      instance.inFlight = line.inFlight
      instance.heapLimitBytes = line.heapLimitBytes
      instance.secondsToLimit = line.secondsToLimit ?? null
      instance.growth = line.growth ?? instance.growth
    }
    instance.requests += line.requests
    instance.dropped += line.dropped
    instance.gc.minor += line.gc.minor
    instance.gc.major += line.gc.major
    instance.gc.pauseMs += line.gc.pauseMs
    instance.self.cpuMs += line.self.cpuMs
    instance.self.pauseMs += line.self.pauseMs
    instance.self.heapBytes = Math.max(instance.self.heapBytes, line.self.heapBytes)
    instance.maxRssBytes = Math.max(instance.maxRssBytes, line.rssBytes)
    addMemoryPoint(instance.memory.at(line.time), line)
  }

  /** In the order of their first line. */
  summaries(): InstanceSummary[] {
    const found = [...this.#byId.values()].sort((a, b) => a.firstTime - b.firstTime)
    noteTakeovers(found)
    return found.map(summarize)
  }
}

function summarize(tally: InstanceTally): InstanceSummary {
  const { newest: _, ...instance } = tally
  return {
    ...instance,
    gc: { ...instance.gc },
    self: { ...instance.self },
    memory: instance.memory.toSorted(),
    memoryStepMs: instance.memory.widthMs,
  }
}

/**
 * An instance takes over from the one of the same service, host and thread that ended last before it
 * began, and from which no other has.
 *
 * @param instances - in the order of their first line
 */
function noteTakeovers(instances: readonly InstanceTally[]): void {
  const waiting = new Map<string, InstanceTally[]>()
  for (const instance of instances) {
    instance.replaces = null
    instance.replacedBy = null
    const place = [instance.service, instance.hostname, instance.threadId].join('\n')
    const others = waiting.get(place) ?? []
    waiting.set(place, others)
    const over = others.filter(({ lastTime }) => lastTime < instance.firstTime)
    if (over.length > 0) {
      const newest = over.reduce((a, b) => (b.lastTime > a.lastTime ? b : a))
      instance.replaces = newest.instance
      newest.replacedBy = instance.instance
      others.splice(others.indexOf(newest), 1)
    }
    others.push(instance)
  }
}
