import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { poolEstimates } from '../../lib/stats/pooled-estimate'
import { filesEndingWith, ROOT, temporaryFolder } from '../../test/support/files'
import { type FleetOptions, LEAKS } from '../../test/support/fleet'
import { writeFleet, type Written } from '../../test/support/fleet-files'
import { checkLine } from '../../test/support/line-schema'
import { runNode } from '../../test/support/node'
import { type Duckdb, openDuckdb, recipe, type Row } from './duckdb'

const FLEET: FleetOptions = {
  seed: 3,
  processes: 16,
  days: 2,
  intervalMs: 30 * 60_000,
  routes: 12,
}
/** What an app prints itself: nothing of it is memprof's. */
const OTHER_LINES = [
  'listening on port 3000',
  '{"level":30,"msg":"memprof is loaded","name":"shop","event":"route","time":1}',
  '{"broken": ',
  '[1,2]',
  '"memprof"',
  '',
].join('\n')

interface ReportRoute {
  method: string
  route: string
  verdict: string
  requests: number
  retainedBytesPerRequest?: number
  ci95?: [number, number]
  agreement: { count: number; heterogeneous: boolean; iSquared: number } | null
  perInstance: Array<{
    version: string
    verdict?: string
    retainedBytesPerRequest?: number
    ci95?: [number, number]
  }>
}

async function reportRoutes(files: readonly string[]): Promise<ReportRoute[]> {
  const bin = join(ROOT, 'dist/lib/cli/main.js')
  const { code, stdout, stderr } = await runNode([bin, 'report', '--json', ...files], {})
  assert.equal(code, 0, stderr)
  return (JSON.parse(stdout) as { routes: ReportRoute[] }).routes
}

/** As `memprof report` pools: over all versions. */
function pooledByReport(routes: readonly ReportRoute[]): Row[] {
  return routes.flatMap(({ method, route, verdict, retainedBytesPerRequest, ci95, agreement }) =>
    verdict === 'leaking' && agreement
      ? [
          {
            method,
            route,
            version: '',
            leaking: agreement.count,
            bytesPerRequest: retainedBytesPerRequest!,
            low: ci95![0],
            high: ci95![1],
            heterogeneous: agreement.heterogeneous,
            iSquared: agreement.iSquared,
          },
        ]
      : [],
  )
}

/** What the report knows of each instance, pooled by version. */
function pooledByVersion(routes: readonly ReportRoute[]): Row[] {
  return routes.flatMap(({ method, route, perInstance }) => {
    const versions = [...new Set(perInstance.map(({ version }) => version))]
    return versions.flatMap((version): Row[] => {
      const estimates = perInstance.flatMap((of) =>
        of.version === version && of.verdict === 'leaking' && of.ci95
          ? [{ value: of.retainedBytesPerRequest!, ci95: of.ci95 }]
          : [],
      )
      const pooled = poolEstimates(estimates)
      if (!pooled) return []
      const { value: bytesPerRequest, ci95, count: leaking, ...agreement } = pooled
      const { heterogeneous, iSquared, q, tauSquared } = agreement
      const [low, high] = ci95
      const figures = { leaking, bytesPerRequest, low, high, heterogeneous, iSquared }
      return [{ method, route, version, ...figures, q, tauSquared }]
    })
  })
}

/** Rows by route and version, numbers to ten digits, so that they can be compared. */
function comparable(rows: readonly Row[]): Array<Record<string, unknown>> {
  const keyOf = (row: Row): string => [row['method'], row['route'], row['version']].join(' ')
  return rows
    .toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)))
    .map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, cell]) => [
          name,
          name === 'heterogeneous'
            ? Boolean(cell)
            : typeof cell === 'number'
              ? Number(cell.toPrecision(10))
              : cell,
        ]),
      ),
    )
}

const POOLED =
  'SELECT method, route, version, leaking, bytesPerRequest, low, high, heterogeneous, iSquared'

describe('docs/log-tools.md', () => {
  const doc = readFileSync(join(ROOT, 'docs/log-tools.md'), 'utf8')
  const folder = join(ROOT, 'docs/log-tools')

  it('names every file, and has something in every block', () => {
    for (const file of filesEndingWith(folder, '')) {
      const name = relative(folder, file).split(sep).join('/')
      if (statSync(file).isFile()) assert.ok(doc.includes(`](log-tools/${name})`), name)
    }
    for (const [, name, text] of doc.matchAll(/<!-- ([a-z-]+) -->\n(.*?)<!-- \/\1 -->/gs)) {
      assert.ok(text!.trim().length > 50, name)
    }
  })
})

describe('a fleet’s logs', () => {
  const cleanUp: Array<() => void> = []
  let folder = ''
  let written: Written
  let routes: readonly ReportRoute[] = []
  let lines = 0
  before(async () => {
    folder = temporaryFolder({ after: (clean) => cleanUp.push(clean) })
    written = writeFleet(FLEET, folder, (line) => {
      // A check takes longer than the line.
      if (lines++ % 23 === 0) checkLine(line)
    })
    for (const file of written.files) appendFileSync(file, OTHER_LINES)
    routes = await reportRoutes(written.files)
  })
  after(() => {
    for (const clean of cleanUp) clean()
  })

  describe('in DuckDB', () => {
    let duckdb: Duckdb | null = null
    let why = ''
    before(async () => {
      duckdb = await openDuckdb((message) => {
        why = message
      })
      await duckdb?.load(join(folder, '*.ndjson'))
    })
    after(() => duckdb?.close())

    it('pool to the same numbers as `memprof report` over the same files', async (t) => {
      if (!duckdb) return t.skip(why)
      const all = await duckdb.query(`${POOLED} FROM pooled WHERE per = 'all' AND leaking > 1`)
      assert.deepEqual(comparable(all), comparable(pooledByReport(routes)))
      const versions = await duckdb.query(
        `${POOLED}, q, tauSquared FROM pooled WHERE per = 'version'`,
      )
      assert.deepEqual(comparable(versions), comparable(pooledByVersion(routes)))
      assert.ok(versions.some(({ heterogeneous }) => Boolean(heterogeneous)))
    })

    it('tell whether the hosts agree', async (t) => {
      if (!duckdb) return t.skip(why)
      const hosts = await duckdb.query(recipe('by-host.sql'))
      assert.equal(hosts.length, FLEET.processes / 4)
      assert.ok(hosts.every((row) => Number(row['low']) < Number(row['bytesPerRequest'])))
    })

    it('name the route, the version since which it leaks, and how much', async (t) => {
      if (!duckdb) return t.skip(why)
      const rows = await duckdb.query(recipe('which-route.sql'))
      const [first] = rows
      const [leak] = LEAKS
      assert.equal(first!['route'], `${leak!.method} ${leak!.route}`)
      assert.equal(first!['since'], leak!.since)
      const [low, high] = String(first!['interval95']).split(' to ').map(Number)
      // The hosts drawn have a mean of their own: a quarter is more than six of them stray.
      assert.ok(low! > 0.75 * leak!.bytesPerRequest && high! < 1.25 * leak!.bytesPerRequest)
      const blamed = rows.filter(({ instances }) => !/^[0-5] of/.test(String(instances)))
      const planted = LEAKS.map(({ method, route }) => `${method} ${route}`)
      assert.ok(blamed.every(({ route }) => planted.includes(String(route))))
    })

    it('answer since which deploy, how long until the limit, and draw the heap', async (t) => {
      if (!duckdb) return t.skip(why)
      const deploys = await duckdb.query(recipe('since-which-deploy.sql'))
      assert.deepEqual(
        deploys.map((row) => [row['version'], Number(row['leaking']) > 0]),
        [
          ['1.4.0', false],
          ['1.4.1', false],
          ['1.4.2', true],
          ['1.4.3', true],
        ],
      )
      assert.equal((await duckdb.query(recipe('how-long.sql'))).length, 10)
      assert.deepEqual(await duckdb.query(recipe('other-leaks.sql')), [])
      const chart = await duckdb.query(recipe('chart.sql'))
      assert.equal(chart.length, 2 * FLEET.days)
      assert.match(String(chart.at(-1)!['chart']), /█/)
    })

    it('keep memprof’s lines and none of the app’s own', async (t) => {
      if (!duckdb) return t.skip(why)
      const [row] = await duckdb.query(`SELECT count(*) AS lines FROM lines`)
      assert.equal(row!['lines'], written.lines)
    })
  })
})
