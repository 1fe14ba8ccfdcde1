import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { cleanEnv, launchApp, startApp } from './app'
import { temporaryFolder } from './files'

describe('starting an app', () => {
  it('fails with what the app printed where it ends before it listens', async (t) => {
    const file = join(temporaryFolder(t), 'app.cjs')
    writeFileSync(file, "console.error('no such port'); process.exit(3)")
    await assert.rejects(
      launchApp(file, { preload: [] }),
      /ended before it listened:\nno such port/,
    )
  })

  it('kills it where it does not listen in time', async (t) => {
    const file = join(temporaryFolder(t), 'app.cjs')
    writeFileSync(file, 'setInterval(() => {}, 1000)')
    await assert.rejects(
      launchApp(file, { preload: [], startWithinMs: 1 }),
      /not listen within 1 ms/,
    )
  })

  it('knows a port told in words, and each line as it comes', async (t) => {
    const file = join(temporaryFolder(t), 'app.cjs')
    writeFileSync(
      file,
      "console.log('hello'); console.log('it listens on http://127.0.0.1:4711'); setInterval(() => {}, 1000)",
    )
    const lines: string[] = []
    const app = await startApp(t, file, { preload: [], onLine: (line) => lines.push(line) })
    assert.equal(app.port, 4711)
    assert.equal(await app.ask('6 * 7'), 42)
    const { signal } = await app.end('SIGTERM')
    assert.equal(signal, 'SIGTERM')
    assert.deepEqual(lines, ['hello', 'it listens on http://127.0.0.1:4711'])
  })
})

describe('cleanEnv', () => {
  it('keeps what is given, and no setting of this process', () => {
    process.env['MEMPROF_LEVEL'] = 'silent'
    process.env['PORT'] = '1'
    const env = cleanEnv({ MEMPROF_INTERVAL: '1s' })
    assert.deepEqual(
      [env['MEMPROF_LEVEL'], env['PORT'], env['MEMPROF_INTERVAL']],
      [undefined, undefined, '1s'],
    )
  })
})
