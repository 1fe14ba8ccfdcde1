/**
 * Runs the app of every library that runs units of work, at both ends of its range, until memprof has told
 * its leak, or has not in time.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type App, launchApp, type LineOf, ofEvent } from '../../test/support/app'
import { appWithPackages, type Packages } from '../../test/support/framework-folders'
import { markdownTable } from '../../test/support/table'
import { unitApp, type UnitLibrary } from '../../test/support/unit-libraries'

export interface UnitOutcome {
  readonly name: string
  readonly version: string
  /** How its leak was attributed and where it was said to be, or why it was not looked for. */
  readonly leak: string
  readonly problems: readonly string[]
}

const LEAK_LIMIT_MS = 40_000
const LOOK_MS = 500
/** From the head of a function of these apps to the array that it makes, at most. */
const MAX_LINES = 2

/** @param env - readings in quick succession */
export async function showUnits(
  library: UnitLibrary,
  packages: Packages,
  env: Record<string, string>,
): Promise<UnitOutcome> {
  const shown = { name: library.name, version: Object.values(packages)[0]! }
  const redis = library.needsRedis ? startRedis() : null
  if (library.needsRedis && !redis) {
    return { ...shown, leak: 'skipped: no redis-server here', problems: [] }
  }
  const file = appWithPackages(packages, unitApp(library))
  const app = await launchApp(file, { args: redis ? [redis.path] : [], env })
  try {
    const [leak, problems] = await leakOf(app, library)
    return { ...shown, leak, problems }
  } finally {
    await app.end('SIGKILL')
    redis?.stop()
  }
}

function leaksOf(app: App): Array<LineOf<'leak'>> {
  return ofEvent(app.lines, 'leak').filter(({ scope }) => scope !== 'open')
}

async function leakOf(app: App, library: UnitLibrary): Promise<[string, string[]]> {
  const { keeps } = library
  const isIt = ({ unit }: LineOf<'leak'>): boolean =>
    unit?.kind === keeps.kind && unit.name === keeps.name
  const endMs = performance.now() + LEAK_LIMIT_MS
  while (performance.now() < endMs && !leaksOf(app).some(isIt)) await wait(LOOK_MS)
  const leaks = leaksOf(app)
  const problems = leaks.filter((leak) => !isIt(leak)).map(({ msg }) => `also told: ${msg}`)
  const leak = leaks.find(isIt)
  if (!leak) return ['not told', [...problems, 'the leak was not told']]
  const [site] = leak.sites
  const line = keptLine(unitApp(library))
  if (!site || line - site.line < 0 || line - site.line > MAX_LINES) {
    problems.push(`the leak is in line ${line}, told: ${site?.function} at line ${site?.line}`)
  }
  return [leak.attribution ?? '', problems]
}

/** Line, from 1, of the array that is kept. */
function keptLine(file: string): number {
  const lines = readFileSync(file, 'utf8').split('\n')
  return 1 + lines.findIndex((line) => line.includes('length: 150'))
}

interface Redis {
  readonly path: string
  stop(): void
}

/** @returns null where there is none */
function startRedis(): Redis | null {
  if (spawnSync('redis-server', ['--version']).status !== 0) return null
  const folder = mkdtempSync(join(tmpdir(), 'memprof-redis-'))
  const path = join(folder, 'socket')
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', args, { stdio: 'ignore' })
  return {
    path,
    stop() {
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function unitsTable(all: readonly UnitOutcome[], libraries: readonly UnitLibrary[]): string {
  const rows = libraries.map(({ name, keeps }): string[] => {
    const ends = all.filter((one) => one.name === name)
    const leaks = [...new Set(ends.map(({ leak }) => leak))]
    const versions = [...new Set(ends.map(({ version }) => version))]
    return [name, versions.join(', '), `\`${keeps.kind} ${keeps.name}\``, leaks.join(', ')]
  })
  return [
    `Node ${process.version}.`,
    markdownTable(['package', 'versions', 'the unit that leaks', 'leak'], rows),
  ].join('\n\n')
}
