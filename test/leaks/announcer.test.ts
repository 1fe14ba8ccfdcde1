import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Announcer } from '../../lib/leaks/announcer'
import type { Leak } from '../../lib/verdict/leak'
import { madeLeak } from '../support/leaks'

/** A leak of so many bytes per request, give or take. */
function leak(rate: number, plusMinus: number, key = 'route 0 heap'): Leak {
  return madeLeak({ key, rate, ci95: [rate - plusMinus, rate + plusMinus] })
}

function take(announcer: Announcer, leaks: readonly Leak[]): Leak[] {
  announcer.note(leaks)
  return announcer.due(leaks)
}

/** Whether each judgement of a row was worth a line: `x` a line, `.` none. */
function lines(judgements: ReadonlyArray<readonly Leak[]>): string {
  const announcer = new Announcer()
  return judgements.map((leaks) => (take(announcer, leaks).length > 0 ? 'x' : '.')).join('')
}

const UNSURE = [leak(1000, 500)]

describe('Announcer', () => {
  it('tells a leak when it was found twice in a row, and then no more', () => {
    assert.equal(lines([UNSURE, UNSURE, UNSURE, UNSURE]), '.x..')
  })

  it('starts counting anew where a judgement did not find it', () => {
    assert.equal(lines([UNSURE, [], UNSURE, [], UNSURE, UNSURE]), '.....x')
  })

  it('tells at once what is sure: a low end of more than twice the width', () => {
    // 1000 - 166 = 834 > 2 * 332, and 800 = 2 * 400.
    assert.equal(lines([[leak(1000, 166)]]), 'x')
    assert.equal(lines([[leak(1000, 200)]]), '.')
  })

  it('tells again once the figure lies outside the interval that was told', () => {
    const first = leak(1000, 100)
    assert.equal(lines([[first], [leak(1100, 100)]]), 'x.')
    assert.equal(lines([[first], [leak(1101, 100)]]), 'xx')
    assert.equal(lines([[first], [leak(900, 100)]]), 'x.')
    assert.equal(lines([[first], [leak(899, 100)]]), 'xx')
  })

  it('tells again once the interval is less than 0.6 of what was told', () => {
    const first = leak(1000, 100)
    assert.equal(lines([[first], [leak(1000, 60)]]), 'x.')
    assert.equal(lines([[first], [leak(1000, 59)]]), 'xx')
  })

  it('measures a change from what was last told, not from the last judgement', () => {
    const creeping = [1000, 1040, 1080, 1120, 1160].map((rate) => [leak(rate, 100)])
    assert.equal(lines(creeping), 'x..x.')
  })

  it('tells at the end what was found once, or has changed by a twentieth since', () => {
    const announcer = new Announcer()
    assert.deepEqual(take(announcer, [leak(1000, 100)]).length, 1)
    const [same, more, unsure] = [leak(1050, 100), leak(1051, 100), leak(1000, 500, 'shared heap')]
    assert.deepEqual(announcer.takeLast([same, unsure]), [unsure])
    assert.deepEqual(announcer.takeLast([more]), [more])
  })

  it('counts a line written for its holders: the end does not say the same again', () => {
    const announcer = new Announcer()
    take(announcer, [leak(1000, 100)])
    const now = leak(1080, 100)
    assert.deepEqual(announcer.takeLast([now]), [now])
    announcer.noteTold(now)
    assert.deepEqual(announcer.takeLast([now]), [])
  })

  it('does not tell a leak again that went away and came back the same', () => {
    const sure = [leak(1000, 50)]
    assert.equal(lines([sure, [], sure, sure]), 'x...')
  })

  it('knows which leaks stand: told, and found in every judgement since', () => {
    const announcer = new Announcer()
    const sure = leak(1000, 50)
    take(announcer, [leak(1000, 500)])
    assert.deepEqual([...announcer.standing], [])
    take(announcer, [sure])
    assert.deepEqual([...announcer.standing], [sure.key])
    take(announcer, [])
    assert.deepEqual([...announcer.standing], [])
    take(announcer, [sure])
    assert.deepEqual([...announcer.standing], [sure.key])
  })

  it('counts judgements for a leak that is held back, and tells it whenever that ends', () => {
    const announcer = new Announcer()
    announcer.note(UNSURE)
    assert.deepEqual(announcer.due(UNSURE), [])
    announcer.note(UNSURE)
    assert.deepEqual(announcer.due([]), [])
    assert.deepEqual(announcer.due(UNSURE), UNSURE)
    assert.deepEqual(announcer.due(UNSURE), [])
  })

  it('keeps leaks apart by their key', () => {
    const announcer = new Announcer()
    const [a, b] = [leak(1000, 500, 'route 0 heap'), leak(1000, 500, 'route 0 buffers')]
    assert.deepEqual(take(announcer, [a]), [])
    assert.deepEqual(take(announcer, [a, b]), [a])
    assert.deepEqual(take(announcer, [a, b]), [b])
  })
})
