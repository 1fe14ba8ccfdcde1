import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { loadRequireHook } from '../../lib/hooks/require-hook'
import { cleanEnv } from '../support/app'
import { REGISTER } from '../support/files'

/** What a process that serves nothing has open, over pipes, and how its stderr is made. */
function inProcess(env: Record<string, string>): unknown {
  const { stdout } = spawnSync(
    process.execPath,
    [
      '-p',
      `JSON.stringify({
        open: process.getActiveResourcesInfo(),
        accessor: Object.keys(Object.getOwnPropertyDescriptor(process, 'stderr')),
        fd: process.stderr.fd,
      })`,
    ],
    { env: cleanEnv(env), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  )
  return JSON.parse(stdout)
}

describe('require-in-the-middle', () => {
  it('opens no stream, and leaves process.stderr as Node made it', () => {
    const NODE_OPTIONS = `--require=${JSON.stringify(REGISTER)}`
    assert.deepEqual(inProcess({ NODE_OPTIONS }), inProcess({}))
  })

  it('is loaded where process.stderr cannot be replaced', (t) => {
    const theirs = Object.getOwnPropertyDescriptor(process, 'stderr')!
    t.mock.method(Object, 'getOwnPropertyDescriptor', () => ({ ...theirs, configurable: false }))
    assert.equal(typeof loadRequireHook(), 'function')
  })
})
