import type { LeakKind, LeakScope, Verdict } from '../schema'
import type { Observation } from './observation'
export interface Judgement {
  readonly routes: readonly { verdict: Verdict }[]
  readonly leaks: readonly { scope: LeakScope; kind: LeakKind }[]
}
export function judge(_observation: Observation): Judgement {
  return { routes: [], leaks: [] }
}
