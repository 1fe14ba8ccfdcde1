import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openLiveLog } from '../../../lib/cli/commands/live-log'
import type { Holder } from '../../../lib/schema/lines'
import { MadeLog } from '../../support/made-log'

describe('a log as top knows it', () => {
  it('tells a new leak once, and once more when it is known what keeps it', () => {
    const log = openLiveLog(() => {})
    const holder: Holder = { path: 'search.cache', kind: 'Map', size: 3, growthPerRequest: 1 }
    const take = (line: MadeLog): string[] => {
      log.reader.write(Buffer.from(line.text))
      return log.takeNewLeaks()
    }
    assert.equal(take(new MadeLog().start({}, 0).leak({}, 1000, { holders: [] })).length, 1)
    assert.deepEqual(take(new MadeLog().leak({}, 2000, { holders: [] })), [])
    const [sentence, ...more] = take(new MadeLog().leak({}, 3000, { holders: [holder] }))
    assert.match(sentence!, /kept by search\.cache \(Map, 3\)/)
    assert.deepEqual(more, [])
    assert.deepEqual(take(new MadeLog().leak({}, 4000, { holders: [holder] })), [])
  })

  it('keeps the last 100 lines of other programs, with nothing in them that drives a terminal', () => {
    const events: Array<string | null> = []
    const log = openLiveLog((line) => events.push(line?.event ?? null))
    log.reader.write(Buffer.from(new MadeLog().start({}, 0).text))
    for (let at = 1; at <= 101; at++) log.reader.write(Buffer.from(`line ${at}\u001b[31m\n`))
    assert.deepEqual(events.slice(0, 3), ['start', null, null])
    assert.equal(log.others.length, 100)
    assert.equal(log.others[0], 'line 2\\u{1b}[31m')
  })
})
