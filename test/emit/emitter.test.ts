import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type Emitter, makeInstanceId, openEmitter } from '../../lib/emit/emitter'
import type { LogLine } from '../support/app'
import { temporaryFolder } from '../support/files'

function open(
  t: TestContext,
  level = 'info',
): { emitter: Emitter; lines: () => LogLine[]; said: string[] } {
  const destination = join(temporaryFolder(t), 'log')
  const said: string[] = []
  const emitter = openEmitter({
    destination,
    level,
    service: 'shop',
    version: '1.2.3',
    say: (message) => said.push(message),
  })
  const lines = (): LogLine[] =>
    readFileSync(destination, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogLine)
  return { emitter, lines, said }
}

describe('openEmitter', () => {
  it('gives each line who, when and of which schema it is', (t) => {
    const { emitter, lines } = open(t)
    const beganMs = Date.now()
    emitter.write({ event: 'warning', code: 'a-code' }, 'a sentence')
    emitter.close()
    const [line] = lines()
    assert.ok(line)
    const { time, hostname, instance, ...rest } = line
    assert.deepEqual(rest, {
      level: 40,
      pid: process.pid,
      name: 'memprof',
      v: 1,
      service: 'shop',
      version: '1.2.3',
      event: 'warning',
      code: 'a-code',
      msg: 'a sentence',
    })
    assert.ok(time >= beganMs && time <= Date.now())
    assert.equal(typeof hostname, 'string')
    assert.match(instance, /^[0-9a-z]+-[0-9a-z]+-[0-9a-z]{4}$/)
  })

  it('writes at the end of a turn, without being asked to', async (t) => {
    const { emitter, lines } = open(t)
    emitter.write({ event: 'warning', code: 'one' }, 'one')
    emitter.write({ event: 'warning', code: 'two' }, 'two')
    assert.deepEqual(lines(), [])
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(lines().length, 2)
    emitter.close()
  })

  it('writes only what its level lets through', (t) => {
    const { emitter, lines } = open(t, 'warn')
    assert.equal(emitter.isOn('request'), false)
    assert.equal(emitter.isOn('process'), false)
    assert.equal(emitter.isOn('leak'), true)
    emitter.write({ event: 'stop' } as never, 'not this')
    emitter.write({ event: 'warning', code: 'this' }, 'this')
    emitter.close()
    assert.deepEqual(
      lines().map((line) => line.msg),
      ['this'],
    )
  })

  it('closes twice, and takes lines after that without writing or throwing', (t) => {
    const { emitter, lines, said } = open(t)
    emitter.close()
    emitter.close()
    emitter.write({ event: 'warning', code: 'late' }, 'late')
    assert.deepEqual(lines(), [])
    assert.deepEqual(said, [])
  })
})

describe('makeInstanceId', () => {
  it('differs from one to the next', () => {
    assert.equal(new Set(Array.from({ length: 100 }, makeInstanceId)).size > 95, true)
  })
})
