/** Memory and time of one piece of work, as a `measure` line. */
import { performance } from 'node:perf_hooks'
import { formatProblem, readConfig } from './config'
import { describeDestination } from './destination'
import { type Emitter, openEmitter } from './emit/emitter'
import { MemprofError } from './errors'
import { memoryFields, roundMs } from './emit/lines'
import { formatBytes } from './emit/units'
import { emptyReading, openMemoryReader } from './record/reading'
import { say } from './say'
import type { MeasureLine } from './schema'
import { currentRecording } from './start'

/** A label longer than this many characters is cut. */
const MAX_LABEL_CHARS = 256

/**
 * Runs `fn` and logs what the process's memory did meanwhile: the app's other work included.
 *
 * @returns what `fn` returns; a promise is passed on, and measured until it settles
 * @throws what `fn` throws; MemprofError ERR_MEMPROF_ARGUMENT when an argument has the wrong type
 */
export function measure<T>(label: string, fn: () => T): T {
  if (typeof label !== 'string') {
    throw new MemprofError('ERR_MEMPROF_ARGUMENT', {
      name: 'measure(label)',
      accepted: 'a string',
      given: label,
    })
  }
  if (typeof fn !== 'function') {
    throw new MemprofError('ERR_MEMPROF_ARGUMENT', {
      name: 'measure(, fn)',
      accepted: 'a function',
      given: fn,
    })
  }
  const before = emptyReading()
  const after = emptyReading()
  const reader = openMemoryReader()
  reader.read(before)
  const startedMs = performance.now()

  function end(outcome: 'finished' | 'errored'): void {
    const durationMs = roundMs(performance.now() - startedMs)
    reader.read(after)
    reader.close()
    const memory = memoryFields(before, after)
    write(
      { event: 'measure', label: label.slice(0, MAX_LABEL_CHARS), durationMs, outcome, ...memory },
      `${label.slice(0, MAX_LABEL_CHARS)}: ${durationMs} ms, heap ${formatBytes(memory.heapUsedDeltaBytes)}`,
    )
  }

  let result: T
  try {
    result = fn()
  } catch (error) {
    end('errored')
    throw error
  }
  if (result instanceof Promise) {
    // Watched beside, not wrapped: the caller gets the very promise that `fn` returned.
    result.then(
      () => end('finished'),
      () => end('errored'),
    )
  } else {
    end('finished')
  }
  return result
}

/** For a thread where no server listens: opened at the first call, from the settings. */
let ownEmitter: Emitter | null = null

function write(line: MeasureLine, msg: string): void {
  const recording = currentRecording()
  if (recording) {
    recording.write(line, msg)
    return
  }
  if (!ownEmitter) {
    const { config, problems } = readConfig(process.env)
    for (const problem of problems) say(formatProblem(problem))
    ownEmitter = openEmitter(describeDestination(config))
    process.on('exit', () => ownEmitter?.close())
  }
  ownEmitter.write(line, msg)
}
