/** Processes and threads in the order of their start, and which took over from which. */
import type { InstanceSummary } from './summary'
import type { Instance } from './tally'

/** Instance -> the one it took over from: of the same service, host and thread, ended before it began. */
export function findRestarts(instances: readonly Instance[]): ReadonlyMap<Instance, Instance> {
  const predecessors = new Map<Instance, Instance>()
  const open = new Map<string, Instance[]>()
  for (const instance of instances) {
    const place = [instance.service, instance.hostname, instance.threadId].join('\n')
    const others = open.get(place) ?? []
    open.set(place, others)
    const over = others.filter(({ lastTime }) => lastTime < instance.firstTime)
    if (over.length > 0) {
      const newest = over.reduce((a, b) => (b.lastTime > a.lastTime ? b : a))
      predecessors.set(instance, newest)
      others.splice(others.indexOf(newest), 1)
    }
    others.push(instance)
  }
  return predecessors
}

export function summarizeInstance(
  instance: Instance,
  predecessors: ReadonlyMap<Instance, Instance>,
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
