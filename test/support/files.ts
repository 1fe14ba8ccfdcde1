import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative, resolve, sep } from 'node:path'

/** The repository, from dist/test/support. */
export const ROOT: string = join(__dirname, '../../..')
export const REGISTER: string = join(ROOT, 'dist/register/index.js')
/** Preloaded into a server that is measured. */
export const PROBE: string = join(__dirname, 'probe.js')
export const FIXTURES: string = join(ROOT, 'test/fixtures/apps')
/** The one reason this file may sit elsewhere than in dist/test/support. */
if (basename(join(__dirname, '../..')) !== 'dist') throw new Error('run the compiled tests')

/** `/` between folders: for what is printed and committed. */
export function inRepository(file: string): string {
  return relative(ROOT, resolve(ROOT, file)).split(sep).join('/')
}

/** Every file below `folder` whose name ends so, sorted. */
export function filesEndingWith(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name))
}

/** A folder for this test alone, gone when it ends. */
export function temporaryFolder(t: { after(clean: () => void): void }): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'memprof-test-')))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
