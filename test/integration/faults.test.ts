/** Each scenario of test/faults once; `npm run bench:reliability` runs them as often as they say. */
import { describe, it } from 'node:test'
import { destinations } from '../faults/destinations'
import type { Scenario } from '../faults/scenario'

const GROUPS: ReadonlyArray<[title: string, scenarios: readonly Scenario[]]> = [
  ['where the lines go', destinations],
]

for (const [title, scenarios] of GROUPS) {
  describe(title, () => {
    for (const { claim, hindrance, run } of scenarios) {
      const skip = hindrance?.() ?? false
      it(claim, { skip }, async (t) => void (await run(t)))
    }
  })
}
