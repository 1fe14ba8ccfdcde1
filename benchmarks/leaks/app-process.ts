import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** An app that listens. */
export interface AppProcess {
  readonly child: ChildProcess
  readonly port: number
  /** SIGTERM, SIGKILL after `STOP_MS`. Resolves once the process is gone, with how it went. */
  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null; killed: boolean }>
}

export interface AppOptions {
  readonly node: string
  readonly nodeArguments: readonly string[]
  readonly file: string
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Gets what the app prints. */
  readonly output?: string
  readonly ipc?: boolean
}

const START_MS = 20_000
const STOP_MS = 15_000

/** @throws Error when the app ends before it listens, or does not listen in time. */
export async function startApp(options: AppOptions): Promise<AppProcess> {
  const child = spawn(options.node, [...options.nodeArguments, options.file], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc ? (['ipc'] as const) : [])],
  })
  const output = options.output === undefined ? undefined : createWriteStream(options.output)
  let tail = ''
  child.stderr!.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-2000)
    output?.write(chunk)
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const lines = createInterface({ input: child.stdout! })
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${options.file} did not listen within ${START_MS} ms`))
    }, START_MS)
    child.once('error', reject)
    void ended.then(({ code, signal }) => {
      clearTimeout(timer)
      reject(new Error(`${options.file} ended (${signal ?? code}) before it listened\n${tail}`))
    })
    lines.on('line', (line) => {
      output?.write(`${line}\n`)
      const match = /^PORT (\d+)$/.exec(line)
      if (!match) return
      clearTimeout(timer)
      resolve(Number(match[1]))
    })
  })
  return {
    child,
    port,
    async stop() {
      let killed = false
      child.kill('SIGTERM')
      const timer = setTimeout(() => {
        killed = true
        child.kill('SIGKILL')
      }, STOP_MS)
      const end = await ended
      clearTimeout(timer)
      output?.end()
      return { ...end, killed }
    },
  }
}

/** The environment without what would load something else into the app, or set memprof up. */
export function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => name !== 'NODE_OPTIONS' && name !== 'NODE_V8_COVERAGE',
    ),
  )
}
