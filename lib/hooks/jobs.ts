/**
 * Work that comes from a queue or a clock: jobs of BullMQ 3 to 6 and Bull 4, ticks of cron 3 and 4, node-cron 3,
 * croner 7 to 11 and toad-scheduler 1 to 4.
 */
import { after, patched, prototypeIn, prototypeOf } from './framework'
import type { Guard } from './guard'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf, patch } from './patch'
import { asUnit } from './units'

interface Worker {
  /** The queue's. */
  readonly name: string
}

interface Job {
  readonly name: string
}

/** Bull's. */
interface Queue {
  readonly name: string
  readonly handlers: Record<string, AnyFunction>
}

interface CronJob {
  readonly name?: unknown
  readonly cronTime: { readonly source: unknown }
}

interface Task {
  readonly _execution: AnyFunction
}

/** croner's. */
interface Cron {
  readonly name?: string | number
  /** Undefined where it ticks once, at a date. */
  getPattern(): string | undefined
}

/** toad-scheduler's. */
interface ToadTask {
  readonly id: unknown
}

/** BullMQ's and Bull's own, of a job that was given none. */
const DEFAULT_JOB = '__default__'

export function jobFiles(guard: Guard): HookedFile[] {
  const asTask = asUnit(guard, 'tick', ({ id }: ToadTask) => String(id))

  return [
    patched('bullmq', 'dist/cjs/classes/worker', prototypeIn('Worker'), {
      callProcessJob: asUnit(guard, 'job', ({ name }: Worker, { 0: job }) =>
        jobName(name, job as Job),
      ),
    }),
    patched('bull', 'lib/queue', prototypeOf, {
      setHandler: after(guard, 'declaring a job', (queue: Queue, [name, handler]) => {
        // The path of a file: its jobs run in other processes.
        if (typeof handler === 'function') countJobs(queue, String(name))
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
    patched('croner', '', prototypeIn('Cron'), {
      _trigger: asUnit(guard, 'tick', (cron: Cron) =>
        String(cron.name ?? cron.getPattern() ?? '(once)'),
      ),
    }),
    patched('toad-scheduler', 'dist/lib/common/Task', prototypeIn('Task'), { execute: asTask }),
    {
      packageName: 'toad-scheduler',
      file: 'toad-scheduler/dist/lib/common/AsyncTask',
      apply(exports) {
        const prototype = prototypeIn('AsyncTask')(exports)
        // Older ones have only the first, the others call the second by it: that gives a promise.
        const name = 'executeAsync' in prototype ? 'executeAsync' : 'execute'
        return { exports, unpatch: patch(prototype, name, asTask) }
      },
    },
  ]

  /** What Bull has made of a handler, with or without a callback, returns a promise. */
  function countJobs({ name: queue, handlers }: Queue, name: string): void {
    const handle = handlers[name]!
    const counted = asUnit(guard, 'job', (_self, { 0: job }) => jobName(queue, job as Job))
    handlers[name] = inGuiseOf(
      handle,
      counted(handle, () => handle),
    )
  }
}

function jobName(queue: string, { name }: Job): string {
  return name === DEFAULT_JOB ? queue : `${queue} ${name}`
}
