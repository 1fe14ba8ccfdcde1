import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { floorsOf, readRooms } from './rooms'
import { ROOT } from '../../test/support/files'

const rooms = readRooms(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8'))
const architecture = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')

/** Folders of lib, those of cli each by itself. */
function folders(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(ROOT, 'lib', folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name))
  return below('').flatMap((room) => (room === 'cli' ? below(room) : room))
}

describe('the rooms of lib', () => {
  it('have a rule of the linter each', () => {
    for (const folder of folders()) assert.ok(rooms.has(folder), folder)
  })

  it('are each described in docs/architecture.md', () => {
    for (const folder of folders())
      assert.ok(architecture.includes(`| \`lib/${folder}/\` |`), folder)
  })

  it('import each other without a circle: every arrow points to a lower floor', () => {
    const floors = floorsOf(rooms)
    for (const [room, targets] of rooms) {
      for (const target of targets) {
        assert.ok(floors.get(target)! < floors.get(room)!, `${room} -> ${target}`)
      }
    }
  })
})

describe('floorsOf', () => {
  it('puts a room one above the highest it imports', () => {
    const three = new Map([
      ['top', ['middle', 'bottom']],
      ['middle', ['bottom']],
      ['bottom', []],
    ])
    assert.deepEqual(Object.fromEntries(floorsOf(three)), { top: 3, middle: 2, bottom: 1 })
  })

  it('refuses a circle, and names it', () => {
    const circle = new Map([
      ['a', ['b']],
      ['b', ['a']],
    ])
    assert.throws(() => floorsOf(circle), /a -> b -> a/)
  })
})
