/** What the parts of a walk share: the way to the inspector, what is in line, found and spent. */
import type { Inspection } from '../inspector/inspection'
import { mapGet, startsWith } from '../inspector/intrinsics'
import type { FunctionPosition } from '../inspector/stack-frame'
import type { Findings } from './findings'
import type { PrivateFields } from './private-fields'
import type { WalkBudget } from './walk-budget'
import type { WalkMemory } from './walk-memory'
import type { WalkQueue } from './walk-queue'

export interface WalkContext {
  readonly inspection: Inspection
  readonly memory: WalkMemory
  /** Whether a script is memprof's. */
  readonly isOwn: (url: string) => boolean
  readonly budget: WalkBudget
  readonly queue: WalkQueue
  readonly privates: PrivateFields
  readonly findings: Findings
}

/** '' where the script is not known. */
export function urlOf({ memory }: WalkContext, position: FunctionPosition | null): string {
  return position ? (mapGet(memory.urls, position.scriptId) ?? '') : ''
}

/** Whether the functions of a script are passed over: Node's hold nothing of the app's, memprof's neither. */
export function isClosed({ isOwn }: WalkContext, url: string): boolean {
  return startsWith(url, 'node:') || isOwn(url)
}
