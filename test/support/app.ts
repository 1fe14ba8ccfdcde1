/**
 * Starts an app as users do, in a process of its own under the preload, and reads what memprof wrote.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { isAbsolute, join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Line, LineBase } from '../../lib/schema/lines'
import { FIXTURES, REGISTER } from './files'
import { checkLine } from './line-schema'

export type LogLine = Line & LineBase
export type LineOf<E extends Line['event']> = Extract<LogLine, { event: E }>

export interface AppOptions {
  env?: Record<string, string>
  /** Arguments of node, before the app's file. */
  nodeArgs?: string[]
  /** How memprof is loaded; `[]`: not at all. */
  preload?: string[]
  cwd?: string
  /** Arguments of the app. */
  args?: string[]
}

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** The test process's environment without settings of memprof or of Node. */
export function cleanEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, ...extra }
  for (const name of Object.keys(env)) {
    const ours = /^(MEMPROF_|NODE_|OTEL_|npm_)/.test(name)
    if (ours && !(name in extra)) delete env[name]
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

export class App {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  port = 0
  stdout = ''
  stderr = ''
  #questions = 0

  constructor(child: ChildProcess) {
    this.child = child
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
      if (this.child.stdout?.readableEnded) {
        throw new Error(`the app ended without printing ${pattern}:\n${this.stdout}${this.stderr}`)
      }
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.child.stdout?.off('data', done).off('end', done)
          resolve()
        }
        this.child.stdout?.once('data', done).once('end', done)
      })
    }
  }

  /** The value of an expression in the app's main thread, awaited; JSON only. */
  ask<T = unknown>(code: string): Promise<T> {
    return this.#send<T>({ code })
  }

  /** Once every connection is gone and the app has dealt with that. */
  settled(): Promise<unknown> {
    return this.#send({ settle: true })
  }

  #send<T>(question: object): Promise<T> {
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
      void this.ended.then(() => reject(new Error(`the app ended:\n${this.stdout}${this.stderr}`)))
      this.child.send({ id, ...question })
    })
  }

  /** Settles, ends the app by a signal, and returns memprof's lines. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<LogLine[]> {
    await this.settled()
    this.child.kill(signal)
    await this.ended
    return this.lines
  }
}

/** Starts a file of test/fixtures/apps, or one given by its absolute path, and waits for its port. */
export async function startApp(
  t: Pick<TestContext, 'after'>,
  file: string,
  options: AppOptions = {},
): Promise<App> {
  const { env, nodeArgs = [], preload = ['-r', REGISTER], cwd, args = [] } = options
  const child = spawn(
    process.execPath,
    [
      ...nodeArgs,
      ...preload,
      '-r',
      join(__dirname, 'control.js'),
      isAbsolute(file) ? file : join(FIXTURES, file),
      ...args,
    ],
    { env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe', 'ipc'], ...(cwd ? { cwd } : {}) },
  )
  const app = new App(child)
  t.after(async () => {
    child.kill('SIGKILL')
    await app.ended
  })
  const [, port] = await app.printed(/^PORT (\d+)$/m)
  app.port = Number(port)
  return app
}
