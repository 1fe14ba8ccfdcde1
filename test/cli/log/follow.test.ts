import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type FollowedFile, followFile } from '../../../lib/cli/log/follow'
import { temporaryFolder } from '../../support/files'

interface Followed {
  file: string
  followed: FollowedFile
  /** What came since the last call; `|` where the file was replaced or cut. */
  read(maxBytes?: number): string
  skipped: number
}

function follow(t: TestContext, maxBytesAtFirst?: number): Followed {
  const file = join(temporaryFolder(t), 'log')
  let text = ''
  const result: Followed = {
    file,
    skipped: 0,
    followed: followFile(file, {
      take: (bytes) => {
        text += bytes.toString()
      },
      restarted: () => {
        text += '|'
      },
      skipped: (bytes) => {
        result.skipped = bytes
      },
      ...(maxBytesAtFirst === undefined ? {} : { maxBytesAtFirst }),
    }),
    read(maxBytes = 1e6) {
      text = ''
      while (result.followed.read(maxBytes));
      return text
    },
  }
  t.after(() => result.followed.close())
  return result
}

describe('a followed file', () => {
  it('is waited for, and read as it grows', (t) => {
    const log = follow(t)
    assert.equal(log.read(), '')
    writeFileSync(log.file, 'one')
    assert.equal(log.read(), 'one')
    assert.equal(log.read(), '')
    appendFileSync(log.file, 'two')
    assert.equal(log.read(), 'two')
  })

  it('is read at most so many bytes at a time', (t) => {
    const log = follow(t)
    writeFileSync(log.file, 'abcdefg')
    assert.equal(log.followed.read(3), true)
    assert.equal(log.read(3), 'defg')
  })

  it('moved away is read to its end, then the one in its place from the start', (t) => {
    const log = follow(t)
    writeFileSync(log.file, 'one')
    assert.equal(log.read(), 'one')
    appendFileSync(log.file, ' last')
    renameSync(log.file, `${log.file}.1`)
    appendFileSync(`${log.file}.1`, ' words')
    assert.equal(log.read(), ' last words')
    writeFileSync(log.file, 'two')
    assert.equal(log.read(), '|two')
  })

  it('deleted and written anew is read from the start', (t) => {
    const log = follow(t)
    writeFileSync(log.file, 'one')
    log.read()
    rmSync(log.file)
    assert.equal(log.read(), '')
    writeFileSync(log.file, 'two')
    assert.equal(log.read(), '|two')
  })

  it('cut to nothing is read from its new start', (t) => {
    const log = follow(t)
    writeFileSync(log.file, 'one and more')
    log.read()
    truncateSync(log.file, 0)
    appendFileSync(log.file, 'two')
    assert.equal(log.read(), '|two')
  })

  it('that is long already is read from so many bytes before its end, once', (t) => {
    const log = follow(t, 4)
    writeFileSync(log.file, '0123456789')
    assert.equal(log.read(), '6789')
    assert.equal(log.skipped, 6)
    rmSync(log.file)
    writeFileSync(log.file, 'abcdefgh')
    assert.equal(log.read(), '|abcdefgh')
  })

  it('that cannot be read throws the system’s error', (t) => {
    const log = follow(t)
    mkdirSync(log.file)
    assert.throws(() => log.read(), { code: 'EISDIR' })
  })
})
