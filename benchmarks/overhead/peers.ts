/**
 * The tools measured beside memprof, and the frameworks they serve. Heavy, and wanted for this alone:
 * installed at the first run into `.peers`, by the versions below.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../../test/support/files'

const PACKAGES: Readonly<Record<string, string>> = {
  '@opentelemetry/instrumentation-express': '0.71.1',
  '@opentelemetry/instrumentation-http': '0.223.0',
  '@opentelemetry/sdk-node': '0.223.0',
  'dd-trace': '5.132.0',
  'elastic-apm-node': '4.18.0',
  'express-prom-bundle': '8.0.0',
  fastify: '5.12.8',
  koa: '3.3.0',
  'pino-http': '11.0.0',
  'prom-client': '15.1.3',
}

const HOME = path.join(ROOT, '.peers')
const MANIFEST = path.join(HOME, 'package.json')

/** Where `require` finds them from anywhere: a value for NODE_PATH. */
export const PEER_MODULES: string = path.join(HOME, 'node_modules')

/**
 * Installs what is not there yet.
 *
 * @throws Error when npm fails
 */
export function installPeers(): void {
  const manifest = JSON.stringify({ private: true, dependencies: PACKAGES }, null, 2)
  const complete = Object.keys(PACKAGES).every((name) => existsSync(path.join(PEER_MODULES, name)))
  if (complete && existsSync(MANIFEST) && readFileSync(MANIFEST, 'utf8') === manifest) return
  mkdirSync(HOME, { recursive: true })
  writeFileSync(MANIFEST, manifest)
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: HOME,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error('npm could not install the peers')
}

/** `dd-trace 5.132.0, …`, for the head of the report. */
export function peerVersions(): string {
  return Object.entries(PACKAGES)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}
