/** The command `memprof`, run as a user does. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { App, cleanEnv, type Ended } from './app'
import { ROOT } from './files'

export const MEMPROF: string = join(ROOT, 'dist/lib/cli/main.js')

export interface CommandOptions {
  cwd?: string
  env?: Record<string, string>
  /** What is written to its stdin, which then ends; left open where it is not given. */
  input?: string
  /** Another copy of the command. */
  memprof?: string
}

/** Starts it; `stdout`, `stderr` and how it ended are in the result. */
export function startMemprof(
  t: Pick<TestContext, 'after'>,
  args: readonly string[],
  { cwd, env, input, memprof = MEMPROF }: CommandOptions = {},
): App {
  const child = spawn(process.execPath, [memprof, ...args], {
    env: cleanEnv(env),
    stdio: 'pipe',
    // A group of its own, so that a test that fails leaves nothing of it behind.
    detached: true,
    ...(cwd ? { cwd } : {}),
  })
  // Not every command reads its input.
  child.stdin.on('error', () => {})
  if (input !== undefined) child.stdin.end(input)
  const app = new App(child)
  t.after(async () => {
    killGroup(child)
    await app.ended
  })
  return app
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}

/** Runs it to its end. */
export function runMemprof(
  t: Pick<TestContext, 'after'>,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Ended> {
  return startMemprof(t, args, { input: '', ...options }).ended
}
