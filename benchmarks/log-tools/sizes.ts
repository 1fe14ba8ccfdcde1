/**
 * How many lines and bytes a fleet writes: measured on the lines of a short one for each setting, with
 * what gzip makes of them.
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { formatBytes } from '../../lib/emit/amounts'
import type { FleetOptions } from '../../test/support/fleet'
import { writeFleet } from '../../test/support/fleet-files'
import { markdownTable } from '../../test/support/table'

/** Enough for every route to have come, and for verdicts. */
const DAYS = 0.25
const MEASURED_PROCESSES = 4

interface Setting {
  readonly processes: number
  readonly routes: number
  readonly intervalMs: number
}

const SETTINGS: readonly Setting[] = [
  { processes: 1, routes: 12, intervalMs: 10_000 },
  { processes: 1, routes: 100, intervalMs: 10_000 },
  { processes: 1, routes: 12, intervalMs: 60_000 },
  { processes: 1, routes: 12, intervalMs: 600_000 },
  { processes: 200, routes: 12, intervalMs: 10_000 },
  { processes: 200, routes: 12, intervalMs: 60_000 },
  { processes: 200, routes: 12, intervalMs: 600_000 },
  { processes: 200, routes: 100, intervalMs: 600_000 },
]

export function sizesTable(folder: string): string {
  const rows = SETTINGS.map(({ processes, routes, intervalMs }) => {
    const options: FleetOptions = {
      seed: 5,
      processes: MEASURED_PROCESSES,
      days: DAYS,
      intervalMs,
      routes,
    }
    const { lines, bytes, files } = writeFleet(options, folder)
    const zipped = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0)
    const perHour = (count: number): number =>
      (count * processes) / MEASURED_PROCESSES / (DAYS * 24)
    return [
      String(processes),
      String(routes),
      intervalMs >= 60_000 ? `${intervalMs / 60_000}m` : `${intervalMs / 1000}s`,
      thousands(perHour(lines)),
      formatBytes(perHour(bytes)),
      formatBytes(perHour(zipped)),
      formatBytes(perHour(bytes) * 24 * 7),
      `${Math.round(bytes / lines)}`,
    ]
  })
  const head = [
    'processes',
    'routes',
    '`MEMPROF_INTERVAL`',
    'lines per hour',
    'bytes per hour',
    'gzipped',
    'bytes per week',
    'bytes per line',
  ]
  return markdownTable(head, rows)
}

function thousands(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}
