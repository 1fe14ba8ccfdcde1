/** Runs node to its end. */
import { spawn } from 'node:child_process'
import { type Ended, cleanEnv } from './app'

export interface NodeOptions {
  env?: Record<string, string>
  cwd?: string
  input?: string
}

export function runNode(args: readonly string[], options: NodeOptions = {}): Promise<Ended> {
  const { env, cwd, input = '' } = options
  const child = spawn(process.execPath, args, {
    env: cleanEnv(env),
    stdio: 'pipe',
    ...(cwd ? { cwd } : {}),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // A program that ends without reading its input closes the pipe early.
  child.stdin.on('error', () => {}).end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
