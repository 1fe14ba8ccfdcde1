/** A heap that runs full: what is on disk when the process is gone. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ofEvent, parseLines, startApp } from '../support/app'
import { temporaryFolder } from '../support/files'
import { request } from '../support/http'

/** More requests than fit into the heap by far. */
const MAX_REQUESTS = 50_000

describe('near the heap limit', () => {
  it('a warning and a profile are on disk before the process dies of it', async (t) => {
    const folder = temporaryFolder(t)
    const log = join(folder, 'log')
    const app = await startApp(t, 'fills-heap.cjs', {
      nodeArgs: ['--max-old-space-size=64'],
      env: { MEMPROF_DESTINATION: log, MEMPROF_PROFILE_DIR: folder },
    })
    let alive = true
    void app.ended.then(() => {
      alive = false
    })
    for (let sent = 0; alive && sent < MAX_REQUESTS; sent++) {
      await request(app.port, '/').catch(() => {
        alive = false
      })
    }
    const { code, signal } = await app.ended
    assert.ok(code !== 0 || signal !== null, 'the heap ran full')
    const warnings = ofEvent(parseLines(readFileSync(log, 'utf8')), 'warning')
    assert.deepEqual(
      warnings.map((line) => line.code),
      ['near-heap-limit'],
    )
    const profiles = readdirSync(folder).filter((name) =>
      name.endsWith('near-heap-limit.heapprofile'),
    )
    assert.equal(profiles.length, 1)
    const profile = JSON.parse(readFileSync(join(folder, profiles[0]!), 'utf8')) as object
    assert.deepEqual(Object.keys(profile), ['head', 'samples'])
  })
})
