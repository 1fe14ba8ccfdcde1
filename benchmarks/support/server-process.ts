import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { repository } from './places'
import type { ProbeQuestion, ProbeReading } from './probe'

export interface ServerOptions {
  /** The app, relative to the repository. */
  readonly file: string
  readonly env: NodeJS.ProcessEnv
  readonly node?: string
  readonly nodeArguments?: readonly string[]
  /** What starts node, such as `taskset -c 0`. */
  readonly prefix?: readonly string[]
  /** For {@link ServerProcess.ask}; the probe must be among the node arguments. */
  readonly ipc?: boolean
  /** The app ends when it does not listen by then; ms. */
  readonly startWithinMs?: number
  /** Each line the app prints, those before it listens too. */
  readonly onLine?: (line: string) => void
}

/** An app that listens. */
export interface ServerProcess {
  readonly child: ChildProcess
  readonly port: number
  /** From the start of the process to its saying that it listens. */
  readonly startMs: number
  ask(question: ProbeQuestion): Promise<ProbeReading>
  /** Resolves once all it printed was read, with how it ended. */
  stop(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

const START_MS = 20_000
const STOP_MS = 15_000
const LISTENS = /listens on http:\/\/127\.0\.0\.1:(\d+)/

/** @throws Error when the app ends before it listens, or does not listen in time. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { file, env, node = process.execPath, nodeArguments = [], prefix = [], onLine } = options
  const { startWithinMs = START_MS } = options
  const [command, ...args] = [...prefix, node, ...nodeArguments, file.split('/').join(path.sep)]
  const startedMs = performance.now()
  const child = spawn(command!, args, {
    cwd: repository,
    env,
    stdio: ['ignore', 'pipe', 'inherit', ...(options.ipc ? (['ipc'] as const) : [])],
  })
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${file} did not listen within ${startWithinMs} ms`))
    }, startWithinMs)
    closed.then(
      ([code, signal]) => {
        clearTimeout(timer)
        reject(new Error(`${file} ended (${signal ?? code}) before it listened`))
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
    createInterface({ input: child.stdout! }).on('line', (line) => {
      onLine?.(line)
      const match = LISTENS.exec(line)
      if (!match) return
      clearTimeout(timer)
      resolve(Number(match[1]))
    })
  })
  const startMs = performance.now() - startedMs
  return {
    child,
    port,
    startMs,
    async ask(question) {
      const answered = once(child, 'message') as Promise<[ProbeReading]>
      child.send(question)
      const ended = closed.then(([code, signal]) => {
        throw new Error(`${file} ended (${signal ?? code}) while it was measured`)
      })
      return (await Promise.race([answered, ended]))[0]
    },
    async stop(signal) {
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      const [code, killedBy] = await closed
      clearTimeout(timer)
      return { code, signal: killedBy }
    },
  }
}
