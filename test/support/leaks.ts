import type { Leak } from '../../lib/verdict/leak'

/** A leak of a route's, of 1,000 bytes with each of 1,000 requests; `more` says what is otherwise. */
export function madeLeak(more: Partial<Leak> = {}): Leak {
  return {
    key: 'route 0 heap',
    scope: 'route',
    kind: 'heap',
    route: 0,
    mount: '',
    rate: 1000,
    ci95: [980, 1020],
    floor: 24,
    exposure: 1000,
    retainedBytes: 1_000_000,
    attribution: 'direct',
    directShare: 1,
    per: more.scope === 'process' ? 'second' : 'request',
    isProven: true,
    outcome: null,
    trace: null,
    places: [],
    tables: [],
    ...more,
  }
}
