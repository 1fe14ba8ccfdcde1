/**
 * The observations of an app's run, each as it was judged: one JSON line per reading of the heap, oldest
 * first, in DIR/<app>.ndjson.gz.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Judgement, RouteJudgement } from '../../lib/verdict/judge'
import type { Leak } from '../../lib/verdict/leak'
import type { Observation } from '../../lib/verdict/observation'

export interface RecordedJudgement {
  readonly observation: Observation
  /** Keys of the leaks that stood. */
  readonly standing: readonly string[]
  readonly judgement: PlainJudgement
}

/** A judgement whose places are indices into those of its observation. */
export interface PlainJudgement {
  readonly routes: readonly RouteJudgement[]
  readonly leaks: ReadonlyArray<
    Omit<Leak, 'places'> & { readonly places: ReadonlyArray<readonly [at: number, bytes: number]> }
  >
}

export function plain({ routes, leaks }: Judgement, { places }: Observation): PlainJudgement {
  return {
    routes,
    leaks: leaks.map((leak) => ({
      ...leak,
      tables: [],
      places: leak.places.map(({ place, bytes }) => [places.indexOf(place), bytes] as const),
    })),
  }
}

/** What an app's process is given to record its run. */
export function recorderOf(
  file: string,
  preload: string,
): { script: string; env: NodeJS.ProcessEnv } {
  const judge = path.resolve(preload, '..', '..', 'lib', 'verdict', 'judge.js')
  rmSync(file, { force: true })
  return {
    script: path.join(__dirname, 'recorder.js'),
    env: { RECORD_TO: path.resolve(file), RECORD_JUDGE: judge },
  }
}

/** Compresses what was written while the app ran: in the app, that would take time from its requests. */
export function compressRecording(file: string): void {
  // An app whose heap was never read has none.
  if (!existsSync(file)) return
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)))
  rmSync(file)
}

/** @param file - a recording, compressed */
export function readRecording(file: string): RecordedJudgement[] {
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as RecordedJudgement)
}
