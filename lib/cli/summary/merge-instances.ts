/** Processes and threads in the order of their start, and which took over from which. */
import type { InstanceSummary } from './summary'
import type { Instance } from './tally'

/** Which instance took over from which: both ways. */
export interface Takeovers {
  readonly predecessors: ReadonlyMap<Instance, Instance>
  readonly successors: ReadonlyMap<Instance, Instance>
}

/**
 * An instance takes over from the one of the same service, host and thread that ended last before it
 * began, and from which no other has.
 *
 * @param instances - in the order of their first line
 */
export function findTakeovers(instances: readonly Instance[]): Takeovers {
  const predecessors = new Map<Instance, Instance>()
  const successors = new Map<Instance, Instance>()
  const places = new Map<string, Instance[]>()
  for (const instance of instances) {
    const place = [instance.service, instance.hostname, instance.threadId].join('\n')
    const others = places.get(place) ?? []
    places.set(place, others)
    const over = others.filter(({ lastTime }) => lastTime < instance.firstTime)
    if (over.length > 0) {
      const newest = over.reduce((a, b) => (b.lastTime > a.lastTime ? b : a))
      predecessors.set(instance, newest)
      successors.set(newest, instance)
      others.splice(others.indexOf(newest), 1)
    }
    others.push(instance)
  }
  return { predecessors, successors }
}

export function summarizeInstance(
  instance: Instance,
  { predecessors, successors }: Takeovers,
): InstanceSummary {
  const { newest, memory } = instance
  return {
    instance: instance.id,
    service: instance.service,
    version: instance.version,
    pid: instance.pid,
    hostname: instance.hostname,
    threadId: instance.threadId,
    firstTime: instance.firstTime,
    lastTime: instance.lastTime,
    start: instance.start,
    stop: instance.stop,
    replaces: predecessors.get(instance)?.id ?? null,
    replacedBy: successors.get(instance)?.id ?? null,
    requests: instance.requests,
    dropped: instance.dropped,
    inFlight: newest?.inFlight ?? 0,
    gc: { ...instance.gc },
    self: { ...instance.self },
    heapLimitBytes: newest?.heapLimitBytes ?? null,
    secondsToLimit: newest?.secondsToLimit ?? null,
    maxRssBytes: instance.maxRssBytes,
    memory: memory.toSorted(),
    memoryStepMs: memory.widthMs,
  }
}
