/** A pseudo-terminal for what matters only in one: Debian's `script`, from util-linux. */
import { spawn, spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import { App, cleanEnv } from './app'

/** Why tests in a terminal are left out here; false where they run. */
export const NO_TERMINAL: string | false = /util-linux/.test(
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '',
)
  ? false
  : 'needs a pseudo-terminal: the program `script` of util-linux'

export interface TerminalOptions {
  cwd?: string
  env?: Record<string, string>
  columns?: number
  rows?: number
}

export interface Terminal extends App {
  /** As if typed; `\x03` is Ctrl-C. */
  type(text: string): void
  /** Another size, as by dragging the window's corner. */
  resize(columns: number, rows: number): void
}

/** Runs a line of the shell in a terminal of its own; all it shows is in `stdout`. */
export async function openTerminal(
  t: Pick<TestContext, 'after'>,
  line: string,
  { cwd, env, columns = 100, rows = 30 }: TerminalOptions = {},
): Promise<Terminal> {
  const command = `stty cols ${columns} rows ${rows}; echo "TTY $(tty)"; ${line}`
  const child = spawn(
    'script',
    ['--quiet', '--flush', '--return', '--command', command, '/dev/null'],
    {
      env: { ...cleanEnv(env), TERM: 'xterm-256color', SHELL: '/bin/sh' },
      ...(cwd ? { cwd } : {}),
    },
  )
  const app = new App(child)
  t.after(async () => {
    child.kill('SIGKILL')
    await app.ended
  })
  const [, tty = ''] = await app.printed(/^TTY (\S+)\r$/m)
  return Object.assign(app, {
    type: (text: string): void => {
      child.stdin.write(text)
    },
    resize: (toColumns: number, toRows: number): void => {
      spawnSync('stty', ['-F', tty, 'cols', String(toColumns), 'rows', String(toRows)])
    },
  })
}

/** A word of a line of the shell. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
