/**
 * Messages that a consumer of amqplib gets, by either of its APIs; named by the queue. One ends with the promise
 * that the consumer returns.
 */
import { before, patched, prototypeIn } from './framework'
import type { Guard } from './guard'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf } from './patch'
import { asUnit } from './units'

/** What brokers call the queues that were given no name; what follows is random. */
const UNNAMED = 'amq.gen'

export function amqpFiles(guard: Guard): HookedFile[] {
  return ['lib/channel_model', 'lib/callback_model'].map((path) =>
    patched('amqplib', path, prototypeIn('Channel'), {
      consume: before(guard, 'declaring a consumer', (_channel, args) => {
        const [queue, consumer] = args
        if (typeof queue === 'string' && typeof consumer === 'function') {
          args[1] = counted(queue, consumer as AnyFunction)
        }
      }),
    }),
  )

  function counted(queue: string, consumer: AnyFunction): AnyFunction {
    const name = queue.startsWith(UNNAMED) ? UNNAMED : queue
    // No message: the broker has ended it.
    const wrap = asUnit(guard, 'message', (_self, { 0: message }) => (message ? name : null))
    return inGuiseOf(
      consumer,
      wrap(consumer, () => consumer),
    )
  }
}
