/**
 * Writes the logs of a fleet, to try queries on: one NDJSON file per process.
 *
 *   npm run fleet -- --out benchmarks/out/fleet [--processes 200] [--days 7] [--interval-minutes 10]
 *                    [--routes 12] [--seed 1]
 *
 * Lines are about 0.8 kB: 200 processes, 12 routes and a line of each every 10 minutes are 2.6 million
 * lines a week.
 */
import { parseArgs } from 'node:util'
import { BEGIN_MS, DEPLOYS, HOST_SPREAD, LEAKS } from './fleet'
import { writeFleet } from './write'

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'benchmarks/out/fleet' },
    processes: { type: 'string', default: '200' },
    days: { type: 'string', default: '7' },
    'interval-minutes': { type: 'string', default: '10' },
    routes: { type: 'string', default: '12' },
    seed: { type: 'string', default: '1' },
  },
})
const days = Number(values.days)
const written = writeFleet(
  {
    seed: Number(values.seed),
    processes: Number(values.processes),
    days,
    intervalMs: Number(values['interval-minutes']) * 60_000,
    routes: Number(values.routes),
  },
  values.out,
)
console.log(
  `${written.lines} lines, ${(written.bytes / 1e6).toFixed(1)} MB, ${written.files.length} files, ${written.instances} instances in ${values.out}`,
)
for (const { version, at } of DEPLOYS) {
  console.log(`  ${version} from ${new Date(BEGIN_MS + at * days * 86_400_000).toISOString()}`)
}
for (const { method, route, since, bytesPerRequest } of LEAKS) {
  console.log(
    `  ${method} ${route} keeps ${bytesPerRequest} bytes per request since ${since} (hosts differ by ${HOST_SPREAD * 100} %)`,
  )
}
