import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { compare, type Comparison } from '../support/comparison'
import { temporaryFolder } from '../support/files'
import { parseReport } from '../support/reports'

function read(...lines: string[]): Array<[string, string]> {
  return [...parseReport(lines.join('\n'))]
}

describe('a report is read', () => {
  it('from TAP of node:test, whose suites are no tests unless they fail', () => {
    assert.deepEqual(
      read(
        'TAP version 13',
        '# Subtest: outer',
        '    # Subtest: inner',
        '        # Subtest: deep',
        '        ok 1 - deep',
        '          ---',
        '          duration_ms: 0.1',
        '          ...',
        '        1..1',
        '    ok 1 - inner',
        '    # Subtest: fails',
        '    not ok 2 - fails',
        '    1..2',
        'not ok 1 - outer',
        '{"level":30,"name":"somebody else"}',
        '# Subtest: later',
        'ok 2 - later # SKIP not here',
        '1..2',
      ),
      [
        ['outer › inner › deep', 'passed'],
        ['outer › fails', 'failed'],
        ['outer', 'failed'],
        ['later', 'skipped'],
      ],
    )
  })

  it('from TAP of mocha, the same title twice included', () => {
    assert.deepEqual(
      read(
        '1..4',
        'ok 1 a b',
        'not ok 2 a c',
        '  Error: x',
        'ok 3 a b',
        'ok 4 d # SKIP -',
        '# tests 3',
      ),
      [
        ['a b', 'passed'],
        ['a c', 'failed'],
        ['a b (2)', 'passed'],
        ['d', 'skipped'],
      ],
    )
  })

  it('from the JSON of mocha, whatever stands around it', () => {
    const told = {
      stats: { tests: 3 },
      tests: [
        { fullTitle: 'a b', err: {} },
        { fullTitle: 'a c', err: { message: 'x' } },
        { fullTitle: 'd', err: {} },
      ],
      pending: [{ fullTitle: 'd' }],
      failures: [{ fullTitle: 'a c' }, { fullTitle: 'a "before each" hook' }],
    }
    assert.deepEqual(read('GET / 200', JSON.stringify(told, null, 2), 'bye'), [
      ['a b', 'passed'],
      ['a c', 'failed'],
      ['d', 'skipped'],
      ['a "before each" hook', 'failed'],
    ])
  })

  it('from what mocha prints for people', () => {
    assert.deepEqual(
      read(
        '',
        '  app',
        '    .get()',
        '      ✔ answers (12ms)',
        '      1) fails',
        '      - waits',
        '    ✔ ends',
        '',
        '  2 passing (1s)',
        '  1 failing',
        '',
        '  1) app',
        '       .get()',
      ),
      [
        ['app › .get() › answers', 'passed'],
        ['app › .get() › fails', 'failed'],
        ['app › .get() › waits', 'skipped'],
        ['app › ends', 'passed'],
      ],
    )
  })
})

/** A suite of three tests; `code` decides whether each passes, knowing `preloaded` and `runs`. */
function compareSuite(t: TestContext, code: string): Promise<Comparison> {
  const folder = temporaryFolder(t)
  writeFileSync(
    join(folder, 'suite.cjs'),
    `const { appendFileSync, readFileSync } = require('node:fs')
     appendFileSync('runs', '.')
     const runs = readFileSync('runs', 'utf8').length
     const preloaded = Object.keys(require.cache).length > 1
     const tests = ${code}
     console.log('1..' + tests.length)
     tests.forEach((passes, at) => console.log((passes ? 'ok ' : 'not ok ') + (at + 1) + ' test ' + at))`,
  )
  const command = [process.execPath, 'suite.cjs']
  return compare({ folder, command, logFolder: folder, limitMs: 60_000 })
}

describe('a project’s own tests, with memprof and without', () => {
  it('newly fail where they fail with it both times, or are missing', async (t) => {
    const { newlyFailing, flaky, without } = await compareSuite(
      t,
      '[true, !preloaded, ...(preloaded ? [] : [true])]',
    )
    assert.equal(without.size, 3)
    assert.deepEqual(newlyFailing, ['test 1', 'test 2'])
    assert.deepEqual(flaky, [])
  })

  it('are set aside as flaky where the second pair of runs tells otherwise', async (t) => {
    const { newlyFailing, flaky } = await compareSuite(t, '[runs !== 2, runs < 2]')
    assert.deepEqual(newlyFailing, [])
    assert.deepEqual(flaky, ['test 0', 'test 1'])
  })

  it('and those that fail anyway are no news', async (t) => {
    const { newlyFailing, flaky } = await compareSuite(t, '[false, true]')
    assert.deepEqual([newlyFailing, flaky], [[], []])
  })

  it('are not compared where none was reported', async (t) => {
    await assert.rejects(compareSuite(t, '[]'), /no test was reported/)
  })
})
