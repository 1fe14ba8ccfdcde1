/**
 * Work that comes from a queue or a clock: jobs of BullMQ 3 to 6, ticks of cron 3 and 4 and of node-cron 3.
 */
import { patched, prototypeIn, prototypeOf } from './framework'
import type { Guard } from './guard'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'
import { asUnit } from './units'

interface Worker {
  /** The queue's. */
  readonly name: string
}

interface Job {
  readonly name: string
}

interface CronJob {
  readonly name?: unknown
  readonly cronTime: { readonly source: unknown }
}

interface Task {
  readonly _execution: AnyFunction
}

/** BullMQ's own, of a job that was given none. */
const DEFAULT_JOB = '__default__'

export function jobFiles(guard: Guard): HookedFile[] {
  return [
    patched('bullmq', 'dist/cjs/classes/worker', prototypeIn('Worker'), {
      callProcessJob: asUnit(guard, 'job', ({ name: queue }: Worker, { 0: job }) => {
        const { name } = job as Job
        return name === DEFAULT_JOB ? queue : `${queue} ${name}`
      }),
    }),
    patched('cron', 'dist/job', prototypeIn('CronJob'), {
      fireOnTick: asUnit(guard, 'tick', ({ name, cronTime: { source } }: CronJob) =>
        typeof name === 'string' ? name : String(source),
      ),
    }),
    patched('node-cron', 'src/task', prototypeOf, {
      execute: asUnit(guard, 'tick', ({ _execution: { name } }: Task) => name || '(anonymous)'),
    }),
  ]
}
