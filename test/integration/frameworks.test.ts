import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ofEvent, startApp } from '../support/app'
import { appWithPackages } from '../support/framework-folders'
import { FRAMEWORK_FIXTURES, FRAMEWORKS, runsHere, versionOf } from '../support/frameworks'
import { answersIn, askTwelve } from '../support/twelve-requests'

// Each waits for its own process most of the time.
describe('twelve requests show the patterns of', { concurrency: 2 }, () => {
  for (const { name, app: file, protocol, ends } of FRAMEWORKS.filter(
    ({ onDemand }) => !onDemand,
  )) {
    for (const end of ends.filter(runsHere)) {
      it(`${name} ${versionOf(end)}`.trim(), async (t) => {
        const copy = appWithPackages(end.packages, join(FRAMEWORK_FIXTURES, file))
        const env = { MEMPROF_LEVEL: 'debug' }
        const app = await startApp(t, copy, { args: [...(end.args ?? [])], env })
        await askTwelve(app, protocol)
        assert.equal(await app.ask('untouched()'), true)
        const lines = await app.stop()
        assert.deepEqual(answersIn(lines), end.answers)
        const [start] = ofEvent(lines, 'start')
        assert.deepEqual(start?.notHooked, [])
        assert.deepEqual(new Set(start?.hooked.map((one) => one.name)), new Set(end.hooked))
        assert.deepEqual(ofEvent(lines, 'warning'), [])
      })
    }
  }
})
