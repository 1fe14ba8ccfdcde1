import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { printableJson } from '../../lib/emit/printable-json'

describe('printableJson', () => {
  const TABLE: Array<[given: string, escaped: string]> = [
    ['{"a":"plain ~"}\n', '{"a":"plain ~"}\n'],
    ['{"a":"größe 大 𝒳"}\n', '{"a":"größe 大 𝒳"}\n'],
    ['"\u007f"', '"\\u007f"'],
    ['"\u0080\u009b2J\u009f\u00a0"', '"\\u0080\\u009b2J\\u009f\u00a0"'],
    ['"\u200b\u202e\u2066\ufeff"', '"\\u200b\\u202e\\u2066\\ufeff"'],
    ['"\u2028\u2029"', '"\\u2028\\u2029"'],
    ['"\u{e0041}"', '"\\udb40\\udc41"'],
    ['"\ud800"', '"\\ud800"'],
  ]
  for (const [given, escaped] of TABLE) {
    it(`makes ${escaped.trimEnd()} of it, and a parser the same value`, () => {
      assert.equal(printableJson(given), escaped)
      assert.deepEqual(JSON.parse(printableJson(given)), JSON.parse(given))
    })
  }
})
