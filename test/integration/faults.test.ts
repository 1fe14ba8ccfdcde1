/** Each scenario of test/faults once; `npm run bench:reliability` runs them as often as they say. */
import { describe, it } from 'node:test'
import { deaths } from '../faults/deaths'
import { destinations } from '../faults/destinations'
import { hostileApps } from '../faults/hostile-apps'
import { footprint } from '../faults/own-footprint'
import type { Scenario } from '../faults/scenario'
import { attacked, crowded, traffic } from '../faults/traffic'

const GROUPS: ReadonlyArray<[title: string, scenarios: readonly Scenario[]]> = [
  ['where the lines go', destinations],
  ['how a process ends', deaths],
  ['what an app or its flags take away', hostileApps],
  ['what is sent', [...traffic, attacked(10_000, 1), crowded(300, 1)]],
  [
    'a long time',
    [footprint({ requests: 10_000, routes: 200, readings: 8, settledReadings: 4, times: 1 })],
  ],
]

for (const [title, scenarios] of GROUPS) {
  // They wait for processes most of the time.
  describe(title, { concurrency: 2 }, () => {
    for (const { claim, hindrance, run } of scenarios) {
      const skip = hindrance?.() ?? false
      it(claim, { skip }, async (t) => void (await run(t)))
    }
  })
}
