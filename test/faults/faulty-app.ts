/** The app of these scenarios, with whatever stands where its stdout should be, and what is sent to it. */
import { join } from 'node:path'
import { type App, type AppOptions, type Stage, startApp } from '../support/app'
import { ROOT } from '../support/files'
import { Client } from '../support/load'

export const LIBRARY: string = join(ROOT, 'dist/lib/index.js')

export function startFaulty(stage: Stage, options: AppOptions = {}): Promise<App> {
  return startApp(stage, 'faults.cjs', options)
}

/** Makes memprof write its lines now, and waits until it has tried to. */
export async function writeLines(app: App): Promise<void> {
  await app.ask(`void require(${JSON.stringify(LIBRARY)}).start().flush()`)
  // The lines of a turn are written at its end.
  await app.ask('new Promise((resolve) => setImmediate(() => setImmediate(resolve)))')
}

/** Sends so many requests over eight connections. @returns how many were answered with 200 */
export async function sendMany(port: number, count: number, path = '/'): Promise<number> {
  const client = new Client(port)
  const answered = await client.sendMany(count, () => ({ path }))
  client.close()
  return answered.get(200) ?? 0
}
