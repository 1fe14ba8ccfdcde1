import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { frameworkFiles } from '../../lib/hooks/frameworks'
import { Guard } from '../../lib/hooks/guard'
import { patternText } from '../../lib/hooks/layers'
import type { HookListener } from '../../lib/hooks/listener'
import { inRange, rangeText, SUPPORTED } from '../../lib/hooks/supported'
import { ROOT } from '../support/files'

describe('inRange', () => {
  it('accepts from the first version to just before the last', () => {
    const range = { min: [4, 16], below: [6, 0] } as const
    for (const version of ['4.16.0', '4.16.4-beta.1', '4.22.3', '4.100.0', '5.0.0', '5.999.9']) {
      assert.equal(inRange(version, range), true, version)
    }
    for (const version of ['4.15.9', '3.99.0', '0.1.0', '6.0.0', '10.0.0']) {
      assert.equal(inRange(version, range), false, version)
    }
  })

  it('refuses what is no version', () => {
    for (const version of ['', 'latest', 'undefined', '5', 'x.y.z', '5.x', '^5.0.0']) {
      assert.equal(inRange(version, { min: [0, 0], below: [99, 0] }), false, version)
    }
  })

  it('has a range for each file that is hooked', () => {
    const guard = new Guard({ active: false } as HookListener)
    for (const { packageName, file } of frameworkFiles(guard)) {
      assert.ok(SUPPORTED[packageName], packageName)
      assert.ok(file === packageName || file.startsWith(`${packageName}/`), file)
    }
  })

  it('is repeated in the README, but for the parts of frameworks', () => {
    const lines = readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n')
    const parts = new Set(['finalhandler', 'koa-compose', 'find-my-way'])
    for (const [name, range] of Object.entries(SUPPORTED)) {
      if (parts.has(name)) continue
      const text = rangeText(range).replaceAll(/\.0\b/g, '')
      const isRow = (line: string): boolean => line.startsWith('| ') && line.includes(name)
      assert.ok(
        lines.some((line) => isRow(line) && line.includes(text)),
        `${name} ${text}`,
      )
    }
  })

  it('has both bounds for each package', () => {
    for (const [name, range] of Object.entries(SUPPORTED)) {
      const [min, below] = [range.min.join('.'), range.below.join('.')]
      assert.equal(inRange(`${min}.0`, range), true, name)
      assert.equal(inRange(`${below}.0`, range), false, name)
    }
  })
})

describe('patternText', () => {
  it('is the path as written, without what says nothing', () => {
    const table: Array<[path: unknown, text: string]> = [
      ['/users/:id', '/users/:id'],
      ['/', ''],
      ['', ''],
      ['/users/', '/users'],
      [/^\/re(x)?$/i, '/^\\/re(x)?$/i'],
      [['/a', '/b/'], '(/a|/b)'],
      [['/a', [/b/]], '(/a|(/b/))'],
    ]
    for (const [path, text] of table) assert.equal(patternText(path), text)
  })
})
