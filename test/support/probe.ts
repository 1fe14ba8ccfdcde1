/**
 * Loaded into a server that is measured, beside or without memprof: answers over IPC with what the
 * process used so far. Works only when asked, and holds neither timer nor listener of the app's.
 */
import { type Runtime, Session } from 'node:inspector'
import path from 'node:path'
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { answerQuestions } from './answers'
import { ROOT } from './files'

export type ProbeQuestion = 'read' | 'collect' | 'profile' | 'functions'

/** Time of one function itself, of all time in which the profiler saw the process work. */
export interface FunctionShare {
  readonly function: string
  readonly file: string
  readonly line: number
  readonly share: number
}

export interface ProbeReading {
  /** User and system, all threads. */
  readonly cpuUs: number
  readonly rssBytes: number
  readonly heapUsedBytes: number
  /** Minor and major collections since the start, incremental steps and weak callbacks left out. */
  readonly collections: number
  /** Answer to `functions`: memprof's own since `profile`, largest first. */
  readonly functions?: readonly FunctionShare[]
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

/** Time between two samples of the CPU profiler, us. */
const SAMPLE_US = 200
const MEMPROF = path.join(ROOT, 'dist', 'lib') + path.sep
let session: Session | null = null

function beginProfile(): void {
  session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US })
  session.post('Profiler.start')
}

/** Functions of memprof's, its label frames and dependencies included, and their share of the work. */
function endProfile(): FunctionShare[] {
  const samples = new Map<string, { frame: Runtime.CallFrame; hits: number }>()
  let working = 0
  session?.post('Profiler.stop', (error, { profile }) => {
    if (error) return
    for (const { callFrame: frame, hitCount: hits = 0 } of profile.nodes) {
      if (frame.functionName === '(idle)' || frame.functionName === '(program)') continue
      working += hits
      if (!frame.url.includes(MEMPROF) && !frame.url.startsWith('memprof:')) continue
      const isLabel = frame.url.startsWith('memprof:')
      const key = isLabel ? 'label' : `${frame.url}:${frame.lineNumber}:${frame.functionName}`
      const known = samples.get(key)
      if (known) known.hits += hits
      else samples.set(key, { frame, hits })
    }
  })
  session?.disconnect()
  return [...samples.values()]
    .sort((a, b) => b.hits - a.hits)
    .map(({ frame, hits }) => ({
      function: frame.functionName || '(anonymous)',
      file: frame.url.startsWith('memprof:')
        ? 'label frames'
        : path.relative(MEMPROF, frame.url.replace(/^file:\/\//, '')).replace(/\.js$/, '.ts'),
      line: frame.lineNumber + 1,
      share: hits / working,
    }))
}

async function answer(question: ProbeQuestion): Promise<ProbeReading> {
  if (question === 'profile') beginProfile()
  const functions = question === 'functions' ? endProfile() : undefined
  if (question === 'collect') await collect()
  // Collections are reported a turn later.
  await turn()
  count(observer.takeRecords())
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return {
    cpuUs: user + system,
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    collections,
    ...(functions ? { functions } : {}),
  }
}

answerQuestions(answer)
