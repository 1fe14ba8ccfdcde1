/** The memory of all processes together, in as many steps as there are columns. */
import type { InstanceSummary, LogSummary } from '../summary/summary'
import type { MemoryPoint } from '../summary/series'

export interface MemorySeries {
  readonly from: number
  readonly stepMs: number
  /** Sums over the processes that live in a step; null where none does, or none tells. */
  readonly rssBytes: ReadonlyArray<number | null>
  readonly heapUsedBytes: ReadonlyArray<number | null>
  readonly liveHeapBytes: ReadonlyArray<number | null>
  readonly externalBytes: ReadonlyArray<number | null>
  /** Processes that live in a step. */
  readonly processes: readonly number[]
  /** Requests that ended in a step. */
  readonly requests: readonly number[]
  /** Steps in which a process took over from one that had ended. */
  readonly restarts: readonly number[]
  /** When that was, in ms since 1970. */
  readonly restartTimes: readonly number[]
}

const SUMS = ['rssBytes', 'heapUsedBytes', 'liveHeapBytes', 'externalBytes'] as const
type Sum = (typeof SUMS)[number]

/** @returns null without memory to show */
export function memorySeries(summary: LogSummary, maxSteps: number): MemorySeries | null {
  const { from, to, instances } = summary
  const known = instances.filter(({ memory }) => memory.length > 0)
  if (from === null || to === null || known.length === 0) return null
  // No finer than the lines themselves: a step without any would look like a fall.
  const finest = Math.max(...known.map(({ memoryStepMs }) => memoryStepMs), lineStepMs(known))
  const stepMs = Math.ceil(Math.max(finest, (to - from + 1) / maxSteps))
  const steps = Math.max(1, Math.min(maxSteps, Math.ceil((to - from + 1) / stepMs)))
  const empty = (): Array<number | null> => Array.from({ length: steps }, () => null)
  const sums: Record<Sum, Array<number | null>> = {
    rssBytes: empty(),
    heapUsedBytes: empty(),
    liveHeapBytes: empty(),
    externalBytes: empty(),
  }
  const processes = Array.from({ length: steps }, () => 0)
  const requests = Array.from({ length: steps }, () => 0)
  const stepOf = (time: number): number =>
    Math.max(0, Math.min(steps - 1, Math.floor((time - from) / stepMs)))
  for (const instance of known) addInstance(instance)
  const restartTimes = instances.flatMap((of) => (of.replaces === null ? [] : [of.firstTime]))
  return {
    from,
    stepMs,
    ...sums,
    processes,
    requests,
    restarts: [...new Set(restartTimes.map(stepOf))],
    restartTimes,
  }

  /** A process counts from its first line to its last, in each step with the newest it said up to then. */
  function addInstance({ memory, firstTime, lastTime }: InstanceSummary): void {
    let at = -1
    let liveHeapBytes: number | null = null
    for (let step = stepOf(firstTime); step <= stepOf(lastTime); step++) {
      let newest: MemoryPoint | null = null
      while (at + 1 < memory.length && stepOf(memory[at + 1]!.time) <= step) {
        at++
        newest = memory[at]!
        liveHeapBytes = newest.liveHeapBytes ?? liveHeapBytes
        requests[step]! += newest.requests
      }
      const point = newest ?? memory[Math.max(0, at)]!
      processes[step]!++
      for (const name of SUMS) {
        const bytes = name === 'liveHeapBytes' ? liveHeapBytes : point[name]
        if (bytes !== null) sums[name][step] = (sums[name][step] ?? 0) + bytes
      }
    }
  }
}

/** The usual time between two `process` lines. */
function lineStepMs(instances: readonly InstanceSummary[]): number {
  const [most] = instances.toSorted((a, b) => b.memory.length - a.memory.length)
  const { memory, firstTime, lastTime } = most!
  return memory.length < 2 ? 1000 : (lastTime - firstTime) / memory.length
}
