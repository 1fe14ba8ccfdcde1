import { threadId } from 'node:worker_threads'
import { describeApp, mainPath } from '../config/app-identity'
import type { Config } from '../config/settings'
import type { EmitterOptions } from './emitter'
import { say } from './say'

/** Where the lines of this thread go, and what names the app in each. May read package.json. */
export function describeDestination(config: Config): EmitterOptions {
  return {
    ...describeApp(process.env, mainPath(), config),
    destination: expandDestination(config.destination, process.pid, threadId),
    level: config.level,
    say,
  }
}

/** The path, with this process's and thread's ids in it; the same text for `stdout` and `stderr`. */
export function expandDestination(destination: string, pid: number, threadId: number): string {
  return destination.replace(/%[pt]/g, (field) => String(field === '%p' ? pid : threadId))
}
