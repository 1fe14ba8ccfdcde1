import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Warnings } from '../../lib/recording/warnings'

function open(areLines: boolean): { warnings: Warnings; lines: string[]; said: string[] } {
  const lines: string[] = []
  const said: string[] = []
  const emitter = {
    write: (line: object, msg: string) => void lines.push(`${JSON.stringify(line)} ${msg}`),
  }
  return { lines, said, warnings: new Warnings(emitter, areLines, (text) => said.push(text)) }
}

describe('a warning', () => {
  it('is one line, once for each code', () => {
    const { warnings, lines, said } = open(true)
    warnings.write('a', 'first')
    warnings.write('a', 'second')
    warnings.write('b', 'third')
    assert.deepEqual(lines, [
      '{"event":"warning","code":"a"} first',
      '{"event":"warning","code":"b"} third',
    ])
    assert.deepEqual(said, [])
  })

  it('is said on stderr where there are no lines', () => {
    const { warnings, lines, said } = open(false)
    warnings.write('a', 'first')
    assert.deepEqual([lines, said], [[], ['memprof: first']])
  })
})

describe("a failure of memprof's own", () => {
  it('is a warning', () => {
    const { warnings, lines } = open(true)
    warnings.tellFailure(new Error('on purpose'))
    assert.deepEqual(lines, [
      '{"event":"warning","code":"internal"} memprof failed (on purpose); the app goes on',
    ])
  })

  it('is said, once, where no line can be made of it', () => {
    const { warnings, said } = open(true)
    const unreadable = Object.defineProperty({}, 'message', {
      get() {
        throw new Error('never')
      },
    })
    warnings.tellFailure(unreadable)
    warnings.tellFailure(unreadable)
    assert.deepEqual(said, ['memprof: memprof failed; the app goes on'])
  })
})
