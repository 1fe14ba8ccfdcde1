/**
 * Loaded into an app beside memprof, where a run is recorded: writes down every observation as it is
 * judged, and the judgement. Wraps `judge`, so that memprof itself knows nothing of it; what it
 * allocates is garbage at the next reading.
 */
import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import type { judge } from '../../lib/verdict/judge'
import { plain, type RecordedJudgement } from './recording'

/** Where to, and the compiled module whose `judge` is wrapped: that of the preload under test. */
const { RECORD_TO: file, RECORD_JUDGE: verdictFile } = process.env

if (isMainThread && file !== undefined && verdictFile !== undefined) {
  const verdict = require(verdictFile) as { judge: typeof judge }
  const recording: typeof judge = (observation, standing, thresholds) => {
    const judgement = verdict.judge(observation, standing, thresholds)
    const recorded: RecordedJudgement = {
      observation,
      standing: [...(standing ?? [])],
      judgement: plain(judgement, observation),
    }
    appendFileSync(file, `${JSON.stringify(recorded)}\n`)
    return judgement
  }
  // The exports are getters; memprof asks for the module when it wakes.
  require.cache[require.resolve(verdictFile)]!.exports = { ...verdict, judge: recording }
}
