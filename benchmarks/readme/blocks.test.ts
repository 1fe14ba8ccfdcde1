import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { MADE, MADE_BY } from './made'
import { type Block, blocksOf } from '../support/blocks'
import { ROOT } from '../../test/support/files'
import { existsInRepository, readPages } from '../../test/support/markdown'

const pages = readPages()
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

function blockOf(file: string, name: string): Block {
  const page = pages.find((one) => one.file === file)
  const block = blocksOf(page?.text ?? '').find((one) => one.name === name)
  assert.ok(block, `${file} has no block ${name}`)
  return block
}

describe('a block of the docs that needs no run', () => {
  for (const { file, name, make } of MADE) {
    it(`${name} in ${file} is as \`${MADE_BY}\` writes it`, async () => {
      const block = blockOf(file, name)
      assert.equal(block.command, MADE_BY)
      assert.equal(block.text, (await make()).trim())
    })
  }
})

describe('every page with blocks', () => {
  for (const { file, text } of pages) {
    const marks = text.match(/^<!-- .* -->$/gm) ?? []
    if (marks.length === 0) continue

    it(`${file} closes each, and names no two alike`, () => {
      const blocks = blocksOf(text)
      assert.equal(marks.length, 2 * blocks.length, marks.join(' '))
      assert.equal(new Set(blocks.map(({ name }) => name)).size, blocks.length)
    })

    it(`${file} says of each which command fills it, and none is empty`, () => {
      for (const { name, command, text: content } of blocksOf(text)) {
        const [, script, program] = /^npm run ([\w:-]+)|^node (dist\/\S+)\.js/.exec(command) ?? []
        const known = script === undefined ? program?.replace(/^dist\//, '') : undefined
        assert.ok(
          script === undefined ? known && existsInRepository(`${known}.ts`) : script in scripts,
          `${name}: "${command}" is no command of this repository`,
        )
        assert.ok(content.length > 0, `${name} is empty`)
        assert.equal((content.match(/^```/gm) ?? []).length % 2, 0, `${name}: code is not closed`)
        if (command === MADE_BY) {
          assert.ok(
            MADE.some((made) => made.file === file && made.name === name),
            name,
          )
        }
      }
    })
  }
})

describe('blocksOf', () => {
  it('reads names, commands and texts, and passes over a mark that is not closed', () => {
    const page =
      '<!-- a: npm run x -- --y -->\n\nA\n\n<!-- /a -->\n<!-- b -->\nB\n<!-- /b -->\n<!-- c -->\nC'
    assert.deepEqual(blocksOf(page), [
      { name: 'a', command: 'npm run x -- --y', text: 'A' },
      { name: 'b', command: '', text: 'B' },
    ])
  })
})
