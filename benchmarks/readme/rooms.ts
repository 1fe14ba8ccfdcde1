/**
 * The rooms of lib and which of them each may import, as .oxlintrc.json says it, in floors: a room's
 * arrows all point down.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../../test/support/files'
import { fenced } from '../support/blocks'

interface Override {
  readonly files: readonly string[]
  readonly rules: Readonly<Record<string, unknown>>
}
type Restriction = readonly [string, { readonly patterns: ReadonlyArray<{ group: string[] }> }]

/** A room, or a file that is let in by itself, and what it may import beside itself and Node. */
export type Rooms = ReadonlyMap<string, readonly string[]>

/** It puts the rooms together, and has no rule: what it imports is what it may. */
const COMPOSITION = 'start'

/** @param config - the text of .oxlintrc.json */
export function readRooms(config: string): Rooms {
  const { overrides } = JSON.parse(config) as { overrides: readonly Override[] }
  const rooms = new Map<string, readonly string[]>()
  for (const { files, rules } of overrides) {
    const restriction = rules['no-restricted-imports'] as Restriction | undefined
    if (!restriction) continue
    const allowed = restriction[1].patterns[0]!.group.filter((one) => one.startsWith('!'))
    for (const file of files.filter((one) => /^(?:lib|register)\//.test(one))) {
      const room = roomOf(file)
      // The door of the commands has the rule of its room.
      if (room === 'cli/main') continue
      const folder = file.endsWith('.ts') && !file.includes('*') ? path.dirname(file) : baseOf(file)
      rooms.set(
        room,
        [...new Set([...(rooms.get(room) ?? []), ...targetsOf(allowed, folder)])].sort(),
      )
    }
  }
  const source = readFileSync(path.join(ROOT, 'lib', `${COMPOSITION}.ts`), 'utf8')
  const imported = [...source.matchAll(/ from '\.\/([\w/-]+)'/g)].map(([, file]) =>
    file!.includes('/') ? path.dirname(file!) : file!,
  )
  rooms.set(COMPOSITION, [...new Set(imported)].sort())
  return rooms
}

function baseOf(glob: string): string {
  return glob.replace(/\/\*.*$/, '')
}

function roomOf(glob: string): string {
  return (
    baseOf(glob)
      .replace(/^lib\//, '')
      .replace(/\.ts$/, '')
      // The rows of the fields are a part of their room.
      .replace(/^schema\/(?!lines$).*/, 'schema')
  )
}

/** `!../stats/*` in lib/record -> `stats`, `!pino` -> `pino`; Node and the room itself left out. */
function targetsOf(allowed: readonly string[], folder: string): string[] {
  const targets = allowed.flatMap((pattern) => {
    const wanted = pattern.slice(1)
    if (wanted.startsWith('node:') || wanted === './*') return []
    if (!wanted.startsWith('.')) return [wanted]
    const target = path.posix.join(folder, baseOf(wanted))
    // A rule for two folders names files of which only one has them.
    const exists = ['', '.ts'].some((ending) => existsSync(path.join(ROOT, target + ending)))
    return exists && roomOf(target) !== roomOf(folder) ? [roomOf(target)] : []
  })
  return [...new Set(targets)].sort()
}

/**
 * Each room's floor: one above the highest of those it may import.
 *
 * @throws Error where rooms import each other in a circle
 */
export function floorsOf(rooms: Rooms): Map<string, number> {
  const floors = new Map<string, number>()
  const climb = (room: string, below: readonly string[]): number => {
    if (below.includes(room)) throw new Error(`a circle: ${[...below, room].join(' -> ')}`)
    const known = floors.get(room)
    if (known !== undefined) return known
    // A file let in by itself stands lower than its room, where it has a rule of its own.
    const inside = rooms.get(room) ?? rooms.get(room.split('/')[0]!) ?? []
    const floor = 1 + Math.max(0, ...inside.map((target) => climb(target, [...below, room])))
    floors.set(room, floor)
    return floor
  }
  for (const room of rooms.keys()) climb(room, [])
  return floors
}

export function roomsDrawing(): string {
  const rooms = readRooms(readFileSync(path.join(ROOT, '.oxlintrc.json'), 'utf8'))
  const floors = floorsOf(rooms)
  const names = [...rooms.keys()].sort(
    (a, b) => floors.get(b)! - floors.get(a)! || a.localeCompare(b),
  )
  const width = Math.max(...names.map((name) => name.length))
  return fenced(
    'text',
    names
      .map((name) => {
        const floor = String(floors.get(name)).padEnd(2)
        const targets = rooms.get(name)!
        return `${floor} ${name.padEnd(width)}  ${targets.length === 0 ? '(nothing)' : targets.join(', ')}`
      })
      .join('\n'),
  )
}
