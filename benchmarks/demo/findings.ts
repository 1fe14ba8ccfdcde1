/** What memprof's log says in the end, against the truth. */
import type { LeakLine, Line, RouteVerdict } from '../../lib/schema/lines'
import type { Truth } from './truth'

export interface Findings {
  /** The last `leak` line of each route, or of what is not one route's. */
  readonly leaks: ReadonlyMap<string, LeakLine>
  readonly verdicts: readonly RouteVerdict[]
  /** The leaking route was called so, in a `leak` line and at the end. */
  readonly leakNamed: boolean
  /** Called leaking at any time, though they are not. */
  readonly falselyNamed: readonly string[]
  /** Place of the true function among the leak's sites, from 1; 0 where it is not there. */
  readonly siteRank: number
}

export function routeName({ method, route }: { method?: string; route?: string }): string {
  return [method, route].filter(Boolean).join(' ')
}

export function findLeaks(lines: readonly Line[], truth: Truth): Findings {
  const leaks = new Map<string, LeakLine>()
  let verdicts: readonly RouteVerdict[] = []
  for (const line of lines) {
    if (line.event === 'leak') {
      leaks.set(line.scope === 'route' ? routeName(line) : `(${line.scope})`, line)
    }
    if (line.event === 'stop') verdicts = line.verdicts
  }
  const leaking = verdicts.filter(({ verdict }) => verdict === 'leaking').map(routeName)
  const named = new Set([...leaks.keys(), ...leaking])
  const leak = leaks.get(truth.route)
  const sites = leak?.sites.map(({ file, line }) => `${file}:${line}`) ?? []
  return {
    leaks,
    verdicts,
    leakNamed: leak !== undefined && leaking.includes(truth.route),
    falselyNamed: [...named].filter((name) => name !== truth.route),
    siteRank: sites.indexOf(truth.site) + 1,
  }
}
