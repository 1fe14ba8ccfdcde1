/** Apps whose truth is known, with the observations that memprof made of them, or would have made. */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Leak } from '../../lib/verdict/leak'
import type { Observation } from '../../lib/verdict/observation'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import { drawInnocent, drawPlanted } from '../../test/support/synthetic-apps'
import { corpus, type Leak as CorpusLeak } from '../leaks/corpus'
import { sameRoute } from '../leaks/judge'
import { readRecording, type RecordedJudgement } from '../leaks/recording'

/** A leak that is there. */
export interface Planted {
  isOf(leak: Leak, observation: Observation): boolean
  /** Whether it is this route that leaks. */
  isRoute(index: number, observation: Observation): boolean
}

export interface Case {
  readonly name: string
  /** As they came, oldest first. */
  readonly observations: readonly Observation[]
  readonly planted: readonly Planted[]
}

/** Seeds and numbers of test/verdict/error-rates.test.ts. */
const APPS = 300
const PLANTED_SEED = 1000
const INNOCENT_SEED = 5000

/** The apps of the error rates: of those that leak the whole minute, of the others every reading. */
export function* drawnCases(): Generator<Case> {
  for (let at = 0; at < APPS; at++) {
    const { what, app, planted } = drawPlanted(PLANTED_SEED + at)
    yield {
      name: `${what} ${at}`,
      observations: [app.observe()],
      planted: planted.map(({ scope, route, kind }) => ({
        isOf: (leak) => leak.scope === scope && leak.route === route && leak.kind === kind,
        isRoute: (index) => index === route,
      })),
    }
  }
  for (let at = 0; at < APPS; at++) {
    const { what, app } = drawInnocent(INNOCENT_SEED + at)
    const observations: Observation[] = []
    for (let readings = THRESHOLDS.leak.minReadings; readings <= app.readings; readings++) {
      observations.push(app.observe(readings))
    }
    yield { name: `${what} ${at}`, observations, planted: [] }
  }
}

/** A recorded app of the corpus, and what was said of it live. */
export interface RecordedCase extends Case {
  readonly judgements: readonly RecordedJudgement[]
}

/** @param directory - as `bench:leaks --record` filled it */
export function* recordedCases(directory: string): Generator<RecordedCase> {
  const files = new Set(existsSync(directory) ? readdirSync(directory) : [])
  for (const { name, leaks } of corpus) {
    const file = `${name}.ndjson.gz`
    if (!files.has(file)) continue
    const judgements = readRecording(path.join(directory, file))
    yield {
      name,
      observations: judgements.map(({ observation }) => observation),
      planted: leaks.map(plantedIn),
      judgements,
    }
  }
}

function plantedIn({ scope, kind, name, orShared, orOpen }: CorpusLeak): Planted {
  const isRoute = (index: number, { routes }: Observation): boolean =>
    scope === 'route' && sameRoute(routes[index]!.method, routes[index]!.route, name)
  return {
    isRoute,
    isOf(leak, observation) {
      if (leak.kind !== kind) return false
      if (leak.scope !== scope) {
        return (
          (orShared === true && leak.scope === 'shared') || (orOpen === true && leak.route === null)
        )
      }
      return leak.route === null || isRoute(leak.route, observation)
    },
  }
}
