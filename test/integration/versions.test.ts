import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { countsByRoute, ofEvent, startApp } from '../support/app'
import { EXPRESS, expected, OTHERS, type Sent, sendAll } from '../support/declared-routes'
import { FIXTURES, temporaryFolder } from '../support/files'

/** The first version of each range; the last ones are this package's own dev-dependencies. */
const OLDEST = {
  express: '5.0.0',
  express4: 'npm:express@4.16.0',
  connect: '3.0.0',
  router: '2.0.0',
  finalhandler: '1.0.0',
}

describe('the oldest supported frameworks are hooked as the newest', () => {
  const folder = temporaryFolder({ after })

  before(() => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: OLDEST }))
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    })
    for (const app of ['routes.cjs', 'connect.cjs', 'router.cjs', 'finalhandler.cjs']) {
      copyFileSync(join(FIXTURES, app), join(folder, app))
    }
  })

  for (const [name, args, files] of [
    ['Express 5.0.0', [], '/files/*path'],
    ['Express 4.16.0', ['--express4'], '/files/*'],
  ] as Array<[string, string[], string]>) {
    it(name, async (t) => {
      const app = await startApp(t, join(folder, 'routes.cjs'), { args })
      const sent: readonly Sent[] = [...EXPRESS, ['GET', '/files/a/b.txt', files]]
      await sendAll(app.port, sent)
      const lines = await app.stop()
      assert.deepEqual(countsByRoute(lines), expected(sent))
      const hooked = ofEvent(lines, 'start')[0]?.hooked.find((one) => one.name === 'express')
      assert.equal(`Express ${hooked?.version}`, name)
    })
  }

  for (const [file, name, version] of [
    ['connect.cjs', 'connect', '3.0.0'],
    ['router.cjs', 'router', '2.0.0'],
    ['finalhandler.cjs', 'finalhandler', '1.0.0'],
  ] as const) {
    it(`${name} ${version}`, async (t) => {
      const { sent } = OTHERS.find((other) => other.app === file)!
      const app = await startApp(t, join(folder, file))
      await sendAll(app.port, sent)
      const lines = await app.stop()
      assert.deepEqual(countsByRoute(lines), expected(sent))
      const hooked = ofEvent(lines, 'start')[0]?.hooked.find((one) => one.name === name)
      assert.equal(hooked?.version, version)
    })
  }
})
