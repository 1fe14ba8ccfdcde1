/** Node of other major versions, from the packages behind npm's `node`, one per platform; kept. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './files'

export const OWN_MAJOR: number = Number(process.versions.node.split('.')[0])

/** The binary of that major; null when it cannot be had. No version manager, and no install script. */
export function binaryOf(major: number): string | null {
  if (major === OWN_MAJOR) return process.execPath
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const home = join(ROOT, '.matrix', String(major))
  const binary = join(
    home,
    'node_modules',
    name,
    process.platform === 'win32' ? 'bin/node.exe' : 'bin/node',
  )
  if (!existsSync(binary)) {
    const args = ['install', '--prefix', home, '--no-audit', '--no-fund', `${name}@${major}`]
    const shell = process.platform === 'win32'
    const { status } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'], shell })
    if (status !== 0 || !existsSync(binary)) return null
  }
  return binary
}
