/** Logpoints in functions of the test's own process. */
import { Logpoints } from '../../lib/inspector/logpoints'
import { InspectorSession } from '../../lib/inspector/session'
import type { FunctionPosition } from '../../lib/inspector/stack-frame'
import type { Stage } from './app'

export function positionsOf(functions: readonly object[]): FunctionPosition[] {
  const session = new InspectorSession()
  const positions = session.locate(functions)
  session.close()
  return positions.map((position) => position!)
}

/** Open until the test ends. */
export function openLogpoints(t: Stage): Logpoints {
  const logpoints = new Logpoints()
  if (!logpoints.open()) throw new Error('no logpoints in this process')
  t.after(() => logpoints.close())
  return logpoints
}
