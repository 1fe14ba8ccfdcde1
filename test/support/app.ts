/**
 * Starts an app as users do, in a process of its own under the preload, and reads what memprof wrote.
 * The one starter of tests and benchmarks.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Line, LineBase } from '../../lib/schema/lines'
import { FIXTURES, REGISTER, ROOT } from './files'
import { checkLine } from './line-schema'

export type LogLine = Line & LineBase
export type LineOf<E extends Line['event']> = Extract<LogLine, { event: E }>

export interface AppOptions {
  env?: Record<string, string>
  /** Another Node than this one. */
  node?: string
  /** Arguments of node, before the app's file. */
  nodeArgs?: readonly string[]
  /** How memprof is loaded; `[]`: not at all. */
  preload?: readonly string[]
  /** The repository's root unless given: files in lines are relative to it. */
  cwd?: string
  /** Arguments of the app. */
  args?: readonly string[]
  /** Preloaded last, answers {@link App.ask}: control.js unless given; null: nothing is. */
  control?: string | null
  /** Whether IPC is open; it is where there is a control. */
  channel?: boolean
  /** Where the app writes instead of into {@link App.stdout}: a descriptor. */
  stdout?: number | 'pipe'
  /** A line of sh in which `"$0" "$@"` is the app. */
  shell?: string
  /** What starts node, such as `taskset -c 0`. */
  prefix?: readonly string[]
  /** The app is killed when it does not listen by then. */
  startWithinMs?: number
  /** Gets each line of stdout as it comes, those before the app listens too. */
  onLine?: (line: string) => void
  /** A file that gets all the app prints. */
  output?: string
}

/** What starts something and undoes it when it is over; a test's context is one. */
export interface Stage {
  after(clean: () => void | Promise<void>): void
}

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** This process's environment without settings of memprof or of Node, and without a port to listen on. */
export function cleanEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, ...extra }
  for (const name of Object.keys(env)) {
    if (/^(MEMPROF_|NODE_|OTEL_|npm_|PORT$)/.test(name) && !(name in extra)) delete env[name]
  }
  return env
}

/**
 * Every line of memprof's in a text mixed with the app's own.
 *
 * @throws Error where one is not as the schema says
 */
export function parseLines(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('"name":"memprof"'))
    .map((line) => {
      const parsed = JSON.parse(line) as LogLine
      checkLine(parsed)
      return parsed
    })
}

export function ofEvent<E extends Line['event']>(
  lines: readonly LogLine[],
  event: E,
): Array<LineOf<E>> {
  return lines.filter((line): line is LineOf<E> => line.event === event)
}

/** `GET /items/:id` -> finished and aborted requests, summed over all `route` lines. */
export function countsByRoute(lines: readonly LogLine[]): Record<string, string> {
  const sums = new Map<string, [number, number]>()
  for (const line of ofEvent(lines, 'route')) {
    const key = `${line.method} ${line.route}`
    const [requests, aborted] = sums.get(key) ?? [0, 0]
    sums.set(key, [requests + line.requests, aborted + line.aborted])
  }
  return Object.fromEntries(
    [...sums].map(([key, [requests, aborted]]) => [
      key,
      aborted === 0 ? String(requests) : `${requests}, ${aborted} aborted`,
    ]),
  )
}

/** How an app says where it listens: for tests, and in words where people read along. */
const LISTENS = /^(?:PORT |.*listens on http:\/\/127\.0\.0\.1:)(\d+)\r?\n/m
const CONTROL = join(__dirname, 'control.js')
const START_MS = 60_000
const STOP_MS = 15_000

export class App {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  port = 0
  /** Of the app itself, where a shell started it and it said so. */
  pid: number | undefined
  /** From the start of the process to its saying that it listens. */
  startMs = 0
  stdout = ''
  stderr = ''
  #questions = 0

  constructor(child: ChildProcess) {
    this.child = child
    this.pid = child.pid
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  get lines(): LogLine[] {
    return parseLines(this.stdout)
  }

  /** Resolves once stdout matches; rejects when the app ends before. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const look = (): RegExpExecArray | null => pattern.exec(this.stdout)
    for (;;) {
      const found = look()
      if (found) return found
      if (this.child.stdout?.readableEnded) throw this.#endedEarly(`without printing ${pattern}`)
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.child.stdout?.off('data', done).off('end', done)
          resolve()
        }
        this.child.stdout?.once('data', done).once('end', done)
      })
    }
  }

  /**
   * Resolves once the app said where it listens: on stdout, or, where that is what is tried, by a
   * message with its port and pid.
   *
   * @throws Error when it ends before, or does not listen in time and is killed
   */
  async listens(withinMs: number = START_MS): Promise<void> {
    const beganMs = performance.now()
    const { child } = this
    let look = (): void => {}
    let hear = (_said: unknown): void => {}
    let limit: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        look = () => {
          const [, port] = LISTENS.exec(this.stdout) ?? []
          if (port === undefined) return
          this.port = Number(port)
          resolve()
        }
        hear = (said) => {
          Object.assign(this, said as { port: number; pid: number })
          resolve()
        }
        child.stdout?.on('data', look)
        child.on('message', hear)
        void this.ended.then(() => reject(this.#endedEarly('before it listened')))
        limit = setTimeout(() => {
          void this.end('SIGKILL')
          reject(new Error(`the app did not listen within ${withinMs} ms:\n${this.stderr}`))
        }, withinMs)
      })
    } finally {
      clearTimeout(limit)
      child.stdout?.off('data', look)
      child.off('message', hear)
    }
    this.startMs = performance.now() - beganMs
  }

  #endedEarly(when: string): Error {
    return new Error(`the app ended ${when}:\n${this.stdout}${this.stderr}`)
  }

  /** What its control answers. Of control.js: the value of an expression in its main thread, awaited; JSON only. */
  ask<T = unknown>(question: unknown): Promise<T> {
    const id = ++this.#questions
    return new Promise((resolve, reject) => {
      const onMessage = (message: unknown): void => {
        const answer = message as { id: number; value: T; error?: string }
        if (answer.id !== id) return
        this.child.off('message', onMessage)
        if (answer.error) reject(new Error(answer.error))
        else resolve(answer.value)
      }
      this.child.on('message', onMessage)
      void this.ended.then(() => reject(this.#endedEarly('without an answer')))
      this.child.send({ id, question })
    })
  }

  /** Once every connection is gone and the app has dealt with that. */
  settled(): Promise<unknown> {
    return this.ask({ settle: true })
  }

  /** Ends the app by a signal, by SIGKILL where it has not ended after STOP_MS. */
  async end(signal: NodeJS.Signals): Promise<Ended> {
    const { child, pid } = this
    const kill = (by: NodeJS.Signals): void => {
      const isOver = child.exitCode !== null || child.signalCode !== null
      if (!isOver && pid !== undefined && pid !== child.pid) killProcess(pid, by)
      child.kill(by)
    }
    kill(signal)
    const limit = setTimeout(() => kill('SIGKILL'), STOP_MS)
    const ended = await this.ended
    clearTimeout(limit)
    return ended
  }

  /** Settles, ends the app by a signal, and returns memprof's lines. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<LogLine[]> {
    await this.settled()
    await this.end(signal)
    return this.lines
  }
}

function killProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended already.
  }
}

/**
 * Starts an app and waits until it listens. Whoever calls this ends it.
 *
 * @param file - relative to `cwd`, or absolute
 * @throws Error when it ends before, or does not listen in time
 */
export async function launchApp(file: string, options: AppOptions = {}): Promise<App> {
  const { env, node = process.execPath, nodeArgs = [], preload = ['-r', REGISTER] } = options
  const { cwd = ROOT, args = [], control = CONTROL, stdout = 'pipe', prefix = [], shell } = options
  const loaded = [...nodeArgs, ...preload, ...(control === null ? [] : ['-r', control])]
  const command = [...prefix, node, ...loaded, file, ...args]
  const [program, ...rest] = shell === undefined ? command : ['sh', '-c', shell, ...command]
  const { channel = control !== null } = options
  const child = spawn(program!, rest, {
    env: cleanEnv(env),
    stdio: ['ignore', stdout, 'pipe', ...(channel ? (['ipc'] as const) : [])],
    cwd,
  })
  const app = new App(child)
  const { onLine, output } = options
  if (onLine) createInterface({ input: child.stdout! }).on('line', onLine)
  if (output !== undefined) {
    const copy = createWriteStream(output)
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text) => copy.write(text))
    void app.ended.then(() => copy.end())
  }
  await app.listens(options.startWithinMs)
  return app
}

/** Starts a file of test/fixtures/apps, or one given by its absolute path; killed with its test. */
export async function startApp(t: Stage, file: string, options: AppOptions = {}): Promise<App> {
  const app = await launchApp(isAbsolute(file) ? file : join(FIXTURES, file), options)
  t.after(async () => void (await app.end('SIGKILL')))
  return app
}
