/**
 * Loaded into a server that is measured, beside or without memprof: answers over IPC with what the
 * process used so far. Works only when asked, and holds neither timer nor listener of the app's.
 */
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export type ProbeQuestion = 'read' | 'collect'

export interface ProbeReading {
  /** User and system, all threads. */
  readonly cpuUs: number
  readonly rssBytes: number
  readonly heapUsedBytes: number
  /** Minor and major collections since the start, incremental steps and weak callbacks left out. */
  readonly collections: number
}

/** Several, with a turn of the event loop between them: finalizers run there and free more. */
const COLLECTIONS = 4

let collections = 0
const observer = new PerformanceObserver((list) => count(list.getEntries()))
observer.observe({ entryTypes: ['gc'] })

function count(entries: readonly PerformanceEntry[]): void {
  for (const { detail } of entries as Array<PerformanceEntry & { detail?: { kind: number } }>) {
    const kind = detail?.kind
    if (
      kind === constants.NODE_PERFORMANCE_GC_MINOR ||
      kind === constants.NODE_PERFORMANCE_GC_MAJOR
    ) {
      collections++
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let i = 0; i < COLLECTIONS; i++) {
    gc()
    await turn()
  }
}

async function answer(question: ProbeQuestion): Promise<ProbeReading> {
  if (question === 'collect') await collect()
  // Collections are reported a turn later.
  await turn()
  count(observer.takeRecords())
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return { cpuUs: user + system, rssBytes: rss, heapUsedBytes: heapUsed, collections }
}

process.on('message', (question: ProbeQuestion) => {
  void answer(question).then((reading) => process.send?.(reading))
})
// Asked or not, the app ends when it would.
process.channel?.unref()
