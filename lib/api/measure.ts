/** Memory and time of one piece of work, as a `measure` line. */
import { performance } from '../clock'
import { formatProblem, readConfig } from '../config/read'
import { describeDestination } from '../emit/destination'
import { type Emitter, openEmitter } from '../emit/emitter'
import { expectType } from '../errors'
import { whenSettled } from '../hooks/settling'
import { memoryFields, roundMs } from '../emit/lines'
import { formatBytes } from '../emit/amounts'
import { emptyReading, openMemoryReader } from '../record/reading'
import { say } from '../emit/say'
import type { MeasureLine } from '../schema/lines'
import { currentRecording } from '../start'

/** A label longer than this many characters is cut. */
const MAX_LABEL_CHARS = 256

/**
 * Runs `fn` and logs what the process's memory did meanwhile: the app's other work included.
 *
 * @returns what `fn` returns; of a promise one that settles alike, measured until then
 * @throws what `fn` throws; MemprofError ERR_MEMPROF_ARGUMENT when an argument has the wrong type
 */
export function measure<T>(label: string, fn: () => T): T {
  expectType('measure(label)', 'string', label)
  expectType('measure(, fn)', 'function', fn)
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
    const shown = label.slice(0, MAX_LABEL_CHARS)
    write(
      { event: 'measure', label: shown, durationMs, outcome, ...memory },
      `${shown}: ${durationMs} ms, heap ${formatBytes(memory.heapUsedDeltaBytes)}`,
    )
  }

  let result: T
  try {
    result = fn()
  } catch (error) {
    end('errored')
    throw error
  }
  return whenSettled(result, (hasFailed) => end(hasFailed ? 'errored' : 'finished'))
}

/** Writes the lines of a thread in which no server listens; opened at the first call, from the settings. */
let ownEmitter: Emitter | null = null
let enabled = true

function write(line: MeasureLine, msg: string): void {
  const recording = currentRecording()
  if (recording) {
    recording.write(line, msg)
    return
  }
  if (!ownEmitter && enabled) openOwnEmitter()
  ownEmitter?.write(line, msg)
}

function openOwnEmitter(): void {
  const { config, problems } = readConfig(process.env)
  enabled = config.enabled
  if (!enabled) return
  for (const problem of problems) say(formatProblem(problem))
  const emitter = openEmitter(describeDestination(config))
  ownEmitter = emitter
  process.on('exit', () => emitter.close())
}
