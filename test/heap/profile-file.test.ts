import assert from 'node:assert/strict'
import { lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { writeProfile } from '../../lib/heap/profile-file'
import { LabelTable } from '../../lib/heap/labels'
import type { SampledNode, SampledProfile } from '../../lib/inspector/sampled-profile'
import { temporaryFolder } from '../support/files'
import { node, samples } from '../support/profiles'

const labels = new LabelTable()
labels.make('route', 'GET /users/:id')

const PROFILE: SampledProfile = {
  head: node(
    1,
    '(root)',
    0,
    node(2, 'route@memprof:0:GET /users/:id:1', 0, node(3, 'handler@/app.js:9', 120)),
    node(4, 'memprof:0:not a label@/app.js:12', 7),
  ),
  samples: samples('3x120 4x7'),
}

function write(folder: string): string {
  return writeProfile(folder, 'abc', 'leak', PROFILE, (url) => labels.ofScript(url))
}

/** With the clock stopped, so that the next file gets the name of the one before. */
function stopClock(t: TestContext): void {
  t.mock.method(Date.prototype, 'toISOString', () => '2026-01-02T03:04:05.006Z')
}

describe('writeProfile', () => {
  it('writes what Chrome DevTools and speedscope read: a tree of frames, and the samples', (t) => {
    const file = write(temporaryFolder(t))
    const {
      head,
      samples: written,
      ...rest
    } = JSON.parse(readFileSync(file, 'utf8')) as {
      head: SampledNode
      samples: unknown
    }
    assert.deepEqual(rest, {})
    assert.deepEqual(written, PROFILE.samples)
    const visit = (one: SampledNode, given: SampledNode): void => {
      assert.deepEqual([one.id, one.selfSize], [given.id, given.selfSize])
      const { functionName, url, scriptId, lineNumber, columnNumber } = one.callFrame
      assert.deepEqual(
        [functionName, url, scriptId].map((text) => typeof text),
        ['string', 'string', 'string'],
      )
      assert.ok(Number.isInteger(lineNumber) && Number.isInteger(columnNumber))
      assert.equal(one.children.length, given.children.length)
      one.children.forEach((child, at) => visit(child, given.children[at]!))
    }
    visit(head, PROFILE.head)
  })

  it('shows a label under the name of its route, and every other frame as it is', (t) => {
    const { head } = JSON.parse(readFileSync(write(temporaryFolder(t)), 'utf8')) as SampledProfile
    const [label, other] = head.children
    assert.equal(label?.callFrame.functionName, 'GET /users/:id')
    assert.equal(label?.callFrame.url, '')
    assert.deepEqual(
      label?.children[0]?.callFrame,
      PROFILE.head.children[0]!.children[0]!.callFrame,
    )
    assert.deepEqual(other, PROFILE.head.children[1])
  })

  it('may be read by its owner alone, in a folder of its own', (t) => {
    const folder = join(temporaryFolder(t), 'a/b')
    const file = write(folder)
    assert.equal(lstatSync(file).mode & 0o777, 0o600)
    assert.equal(lstatSync(folder).mode & 0o777, 0o700)
  })

  it('is named by instance, time and reason, in characters that every file system takes', (t) => {
    stopClock(t)
    assert.equal(
      basename(write(temporaryFolder(t))),
      'memprof-abc-2026-01-02T03-04-05-006Z-leak.heapprofile',
    )
  })

  it('overwrites no file', (t) => {
    stopClock(t)
    const folder = temporaryFolder(t)
    const file = write(folder)
    writeFileSync(file, "somebody else's")
    assert.throws(() => write(folder), { code: 'EEXIST' })
    assert.equal(readFileSync(file, 'utf8'), "somebody else's")
  })

  for (const target of ['target', 'nothing']) {
    it(`follows no link, to ${target} or else`, (t) => {
      stopClock(t)
      const folder = temporaryFolder(t)
      const elsewhere = temporaryFolder(t)
      writeFileSync(join(elsewhere, 'target'), 'precious')
      const file = write(folder)
      rmSync(file)
      symlinkSync(join(elsewhere, target), file)
      assert.throws(() => write(folder), { code: 'EEXIST' })
      assert.deepEqual(readdirSync(elsewhere), ['target'])
      assert.equal(readFileSync(join(elsewhere, 'target'), 'utf8'), 'precious')
    })
  }
})
