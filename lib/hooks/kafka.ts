/**
 * Messages that a consumer of kafkajs gets, one by one or, where it takes them so, by the batch; named by their
 * topic. What it was given to run stands in its runner, and is wrapped there before the first is handed out.
 */
import { before, patched, prototypeOf } from './framework'
import type { Guard } from './guard'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf, type Wrapper } from './patch'
import { asUnit } from './units'

type Runner = Partial<Record<'eachMessage' | 'eachBatch', AnyFunction>>

interface Payload {
  readonly topic?: string
  readonly batch?: { readonly topic: string }
}

export function kafkaFiles(guard: Guard): HookedFile[] {
  const wrapped = new WeakSet<object>()
  const counted = asUnit(guard, 'message', (_self, { 0: payload }) => {
    const { topic, batch } = payload as Payload
    return topic ?? batch?.topic ?? null
  })
  return [
    patched('kafkajs', 'src/consumer/runner', prototypeOf, {
      processEachMessage: handingOut('eachMessage'),
      processEachBatch: handingOut('eachBatch'),
    }),
  ]

  function handingOut(name: keyof Runner): Wrapper {
    return before(guard, 'handing out messages', (runner: Runner) => {
      const consumer = runner[name]
      if (!consumer || wrapped.has(runner)) return
      wrapped.add(runner)
      runner[name] = inGuiseOf(
        consumer,
        counted(consumer, () => consumer),
      )
    })
  }
}
