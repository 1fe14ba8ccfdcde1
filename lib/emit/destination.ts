import { threadId } from 'node:worker_threads'
import { type Config, describeApp, expandDestination, mainPath } from '../config/settings'
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
