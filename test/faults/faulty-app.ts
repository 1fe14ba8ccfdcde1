/** The app of these scenarios, with whatever stands where its stdout should be. */
import { spawn, type StdioOptions } from 'node:child_process'
import http from 'node:http'
import { join } from 'node:path'
import { App, cleanEnv } from '../support/app'
import { FIXTURES, REGISTER, ROOT } from '../support/files'
import type { Stage } from './scenario'

export const LIBRARY: string = join(ROOT, 'dist/lib/index.js')

export interface FaultyOptions {
  readonly env?: Record<string, string>
  readonly nodeArgs?: readonly string[]
  /** `[]`: without memprof. */
  readonly preload?: readonly string[]
  readonly stdout?: number | 'pipe'
  /** A line of sh in which `"$0" "$@"` is the app. */
  readonly shell?: string
  /** Of test/fixtures/apps, or absolute. */
  readonly file?: string
  readonly args?: readonly string[]
}

export async function startFaulty(stage: Stage, options: FaultyOptions = {}): Promise<App> {
  const { env, nodeArgs = [], preload = ['-r', REGISTER], stdout = 'pipe', shell } = options
  const { file = 'faults.cjs', args = [] } = options
  const command = [
    process.execPath,
    ...nodeArgs,
    ...preload,
    '-r',
    join(__dirname, '../support/control.js'),
    join(FIXTURES, file),
    ...args,
  ]
  const [program, ...rest] = shell === undefined ? command : ['sh', '-c', shell, ...command]
  const stdio: StdioOptions = ['ignore', stdout, 'pipe', 'ipc']
  const child = spawn(program!, rest, { env: cleanEnv(env), stdio })
  const app = new App(child)
  let pid = 0
  stage.after(async () => {
    // Behind a shell, the app is another process.
    if (pid !== 0 && child.exitCode === null && child.signalCode === null) kill(pid)
    child.kill('SIGKILL')
    await app.ended
  })
  const address = await addressOf(app)
  pid = address.pid
  app.port = address.port
  return app
}

/** As the app sends it: not asked for, since not every app can evaluate a question. */
export function addressOf(app: App): Promise<{ port: number; pid: number }> {
  return new Promise((resolve, reject) => {
    app.child.once('message', (message) => resolve(message as { port: number; pid: number }))
    void app.ended.then(({ stderr }) => reject(new Error(`the app ended:\n${stderr}`)))
  })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

/** Makes memprof write its lines now, and waits until it has tried to. */
export async function writeLines(app: App): Promise<void> {
  await app.ask(`void require(${JSON.stringify(LIBRARY)}).start().flush()`)
  // The lines of a turn are written at its end.
  await app.ask('new Promise((resolve) => setImmediate(() => setImmediate(resolve)))')
}

/** Sends so many requests over a few connections. @returns how many were answered with 200 */
export async function sendMany(port: number, count: number, path = '/'): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  let sent = 0
  let answered = 0
  async function lane(): Promise<void> {
    while (sent < count) {
      sent++
      await new Promise<void>((resolve, reject) => {
        http
          .get({ port, path, agent }, (res) => {
            if (res.statusCode === 200) answered++
            res.resume().on('end', resolve).on('error', reject)
          })
          .on('error', reject)
      })
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  agent.destroy()
  return answered
}
