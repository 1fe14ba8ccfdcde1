/** Installed versions of frameworks, each in a folder of its own under `.frameworks`, kept. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ROOT } from './files'

/** Package -> exact version. */
export type Packages = Readonly<Record<string, string>>

/**
 * The folder that has these packages, installed if need be, with a copy of the app in it: so that the
 * app's `require` and `import` find them.
 *
 * @param app - absolute path
 * @returns the copy's path
 * @throws Error when npm cannot install them
 */
export function appWithPackages(packages: Packages, app: string): string {
  const [first] = Object.entries(packages)
  const home = join(ROOT, '.frameworks', first ? first.join('@').replaceAll('/', '+') : 'node')
  const done = join(home, 'package-lock.json')
  if (!existsSync(done)) {
    mkdirSync(home, { recursive: true })
    const about = { private: true, dependencies: packages }
    writeFileSync(join(home, 'package.json'), JSON.stringify(about))
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
    // Many of them share packages: the second time, those come from npm's cache without being asked for.
    const args = ['install', '--ignore-scripts', '--prefer-offline', ...quiet]
    const { status } = spawnSync('npm', args, {
      cwd: home,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    })
    if (status !== 0) throw new Error(`npm could not install ${JSON.stringify(packages)}`)
  }
  const copy = join(home, basename(app))
  // Put there as a whole: another test may be about to read the one that is there.
  const part = `${copy}.${process.pid}`
  copyFileSync(app, part)
  renameSync(part, copy)
  return copy
}
