import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IDLE, LOST, type Mark } from '../../lib/record/request-marks'
import { Tally } from '../../lib/trace/tally'
import { endMark, requestMark } from '../support/marks'

describe('Tally', () => {
  it('tells the shares of routes, of all their requests, largest first, of what is idle, and of what is lost', () => {
    const tally = new Tally()
    const marks = [7, 3, 3].map((routeId) => requestMark(routeId, 10))
    tally.note(marks[0]!, 1, 0)
    tally.note(marks[1]!, 1, 0)
    tally.note(marks[2]!, 3, 0)
    tally.note(marks[2]!, 1, 0)
    tally.note(IDLE, 2, 0)
    tally.note(LOST, 1, 0)
    tally.note(null, 1, 0)
    assert.equal(tally.total, 10)
    assert.deepEqual(tally.shares(), {
      seen: 10,
      routes: [
        { index: 3, share: 0.5 },
        { index: 7, share: 0.1 },
      ],
      idle: 0.2,
      lost: 0.2,
    })
  })

  it('tells of a unit of work within which requests it did how much, once those have ended', () => {
    const tally = new Tally()
    const wholes = [requestMark(1, 20), requestMark(2, 20), requestMark()]
    for (const whole of wholes) tally.note(requestMark(5, 10, whole), 2, 0)
    tally.note(requestMark(5, 10, wholes[0]), 1, 0)
    tally.note(requestMark(1, 10), 1, 0)
    tally.note(requestMark(5, 10), 2, 0)
    const within = [
      { index: 1, share: 0.3 },
      { index: 2, share: 0.2 },
    ]
    const { routes } = tally.shares()
    assert.deepEqual(
      routes.map(({ index, share }) => [index, Math.round(share * 100)]),
      [
        [5, 90],
        [1, 10],
      ],
    )
    assert.deepEqual(
      routes[0]!.within!.map(({ index, share }) => ({ index, share: Math.round(share * 10) / 10 })),
      within,
    )
  })

  it('leaves out requests in flight, whose route is not known, until they have ended', () => {
    const tally = new Tally()
    const mark = requestMark()
    tally.note(mark, 3, 0)
    tally.note(IDLE, 1, 0)
    assert.deepEqual(tally.shares(), { seen: 1, routes: [], idle: 1, lost: 0 })
    endMark(mark, 5, 40)
    assert.deepEqual(tally.shares(), {
      seen: 4,
      routes: [{ index: 5, share: 0.75 }],
      idle: 0.25,
      lost: 0,
    })
  })

  it('takes what is done after the answer for what one route alone does, and else for a queue that serves others', () => {
    const late = (...routes: number[]): Tally => {
      const tally = new Tally()
      for (const route of routes) tally.note(requestMark(route, 10), 5, 11)
      return tally
    }
    const one = { index: 3, share: 1 }
    assert.deepEqual(late(3, 3).shares(), { seen: 10, routes: [one], idle: 0, lost: 0 })
    assert.deepEqual(late(3, 4).shares(), { seen: 10, routes: [], idle: 0, lost: 1 })
    const mostlyLate = late(3, 4)
    for (let at = 0; at < 20; at++) mostlyLate.note(requestMark(3, 10), 1, 10)
    assert.deepEqual(mostlyLate.shares(), { seen: 20, routes: [one], idle: 0, lost: 0 })
  })

  it('takes what comes more than 2 s after its request ended for lost', () => {
    const tally = new Tally()
    const mark = requestMark(1, 1000)
    tally.note(mark, 1, 3000)
    tally.note(mark, 1, 3001)
    assert.deepEqual(tally.shares(), {
      seen: 2,
      routes: [{ index: 1, share: 0.5 }],
      idle: 0,
      lost: 0.5,
    })
  })

  it('tells 8192 requests apart: what others do is lost, and what those do is still theirs', () => {
    const tally = new Tally()
    const first = requestMark(1, 0)
    tally.note(first, 1, 0)
    for (let at = 1; at < 8192; at++) tally.note(requestMark(1, 0), 1, 0)
    tally.note(requestMark(1, 0), 1, 0)
    tally.note(first, 1, 0)
    const { seen, routes, lost } = tally.shares()
    assert.deepEqual([seen, routes[0]!.share * seen, lost * seen], [8194, 8193, 1])
  })

  it('saw nothing: no shares, and no division by zero', () => {
    assert.deepEqual(new Tally().shares(), { seen: 0, routes: [], idle: 0, lost: 0 })
  })

  it('leaves out what the same requests took away again, and tells the rest by how they ended', () => {
    const [added, removed] = [new Tally(), new Tally()]
    const ended = (routeId: number, outcome: 'aborted' | 'failed' | null): Mark => ({
      ...requestMark(routeId, 10),
      outcome,
    })
    const [finished, aborted, failed] = [ended(3, null), ended(3, 'aborted'), ended(4, 'failed')]
    added.note(finished, 1, 0)
    added.note(aborted, 2, 0)
    added.note(failed, 1, 0)
    added.note(requestMark(), 1, 0)
    added.note(IDLE, 1, 0)
    // As the connection closes.
    removed.note(finished, 1, 12)
    removed.note(failed, 5, 12)
    removed.note(IDLE, 1, 0)
    const kept = added.less(removed)
    assert.equal(kept.total, 4)
    assert.deepEqual(kept.shares().routes, [{ index: 3, share: 2 / 3 }])
    assert.deepEqual(kept.outcomes(), [{ index: 3, aborted: 2, failed: 0, others: 0 }])
    assert.deepEqual(added.outcomes(), [
      { index: 3, aborted: 2, failed: 0, others: 1 },
      { index: 4, aborted: 0, failed: 1, others: 0 },
    ])
  })
})
