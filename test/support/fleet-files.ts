/** The fleet's lines -> one NDJSON file per place, as a log shipper finds them on its host. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import path from 'node:path'
import { type FleetLine, type FleetOptions, linesOfPlace } from './fleet'

/** Written at once. */
const CHUNK_CHARS = 1 << 20

export interface Written {
  readonly files: readonly string[]
  readonly lines: number
  readonly bytes: number
  /** By event. */
  readonly linesOf: Readonly<Record<string, number>>
  readonly bytesOf: Readonly<Record<string, number>>
  readonly instances: number
}

/** @param onLine - sees each line too */
export function writeFleet(
  options: FleetOptions,
  folder: string,
  onLine: (line: FleetLine) => void = () => {},
): Written {
  mkdirSync(folder, { recursive: true })
  const files: string[] = []
  const linesOf: Record<string, number> = {}
  const bytesOf: Record<string, number> = {}
  for (let place = 0; place < options.processes; place++) {
    const file = path.join(folder, `shop-${String(place + 1).padStart(4, '0')}.ndjson`)
    files.push(file)
    const descriptor = openSync(file, 'w')
    let chunk = ''
    for (const line of linesOfPlace(options, place)) {
      onLine(line)
      const text = `${JSON.stringify(line)}\n`
      linesOf[line.event] = (linesOf[line.event] ?? 0) + 1
      // All of it is ASCII.
      bytesOf[line.event] = (bytesOf[line.event] ?? 0) + text.length
      chunk += text
      if (chunk.length >= CHUNK_CHARS) {
        writeSync(descriptor, chunk)
        chunk = ''
      }
    }
    writeSync(descriptor, chunk)
    closeSync(descriptor)
  }
  const sum = (of: Record<string, number>): number =>
    Object.values(of).reduce((total, count) => total + count, 0)
  return {
    files,
    lines: sum(linesOf),
    bytes: sum(bytesOf),
    linesOf,
    bytesOf,
    instances: linesOf['start'] ?? 0,
  }
}
