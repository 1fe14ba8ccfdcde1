/**
 * The traffic of one app of the corpus, in a process of its own:
 *
 *   node load.js '{"app":"audit-trail","port":1234,"seconds":60,"rate":700,"seed":1,"steady":false}'
 *
 * Prints one JSON line when it is done: what was sent, by route.
 */
import { loadAtRate, type Pattern, RATE_CONNECTIONS } from '../../test/support/load'
import { createRandom, seedOf } from '../../test/support/random'
import { type CorpusApp, corpus, routeName, visitOf } from './corpus.js'

export interface LoadOptions {
  readonly app: string
  readonly port: number
  readonly seconds: number
  readonly rate: number
  readonly seed: number
  readonly steady: boolean
}

/** How long the growing patterns grow; they stay as they are afterwards. */
const GROWTH_SECONDS = 28
const GROWN_CONNECTIONS = 200
const GROWN_POLLS = 150

/** The share of the growth that is over, 0 to 1. */
function grown(seconds: number): number {
  return Math.min(1, seconds / GROWTH_SECONDS)
}

function patternOf({ load }: CorpusApp, lasts: number): Pattern {
  switch (load) {
    case 'steady':
      return {}
    case 'bursts':
      // 2.5 s of every 8 at two and a half times the rate: the same mean.
      return { burst: (seconds) => (seconds % 8 < 2.5 ? 2.5 : 0.32) }
    case 'connections': {
      const more = GROWN_CONNECTIONS - RATE_CONNECTIONS
      return { connections: (seconds) => RATE_CONNECTIONS + more * grown(seconds) }
    }
    case 'shift':
      // Every route's share rises or falls twentyfold over the whole run.
      return {
        tilt: (index, seconds) => 20 ** ((seconds / lasts - 0.5) * (index % 2 === 0 ? 1 : -1)),
      }
    case 'polls':
      return { held: (seconds) => GROWN_POLLS * grown(seconds) }
  }
}

async function main(): Promise<void> {
  const { app: name, seed, ...options } = JSON.parse(process.argv[2]!) as LoadOptions
  const app = corpus.find((one) => one.name === name)!
  const report = await loadAtRate({
    ...options,
    routes: app.routes.map((route) => ({
      name: routeName(route),
      weight: route.weight,
      visit: (random) => visitOf(route, random),
    })),
    random: (purpose) => createRandom(seedOf(seed, name, purpose)),
    pattern: patternOf(app, options.seconds),
  })
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0))
}

void main()
