import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_STEPS, type Node, WalkQueue } from '../../lib/holders/walk-queue'

const VARIABLE = { name: 'root', scope: '', seenFrom: null, url: '' }

/** A root in a new queue. */
function begin(value: object = {}, steps = 0): { queue: WalkQueue; root: Node } {
  const queue = new WalkQueue()
  queue.addRoot(value, 'root', 'root', steps, VARIABLE)
  return { queue, root: queue.level(steps)[0]! }
}

function names(queue: WalkQueue, steps: number): string[] {
  return queue.level(steps).map(({ name }) => name)
}

describe('WalkQueue', () => {
  it('puts objects and functions in line, and neither other values nor proxies', () => {
    const { queue, root } = begin()
    const values = { object: {}, fn: () => 1, nothing: null, text: 'a', proxy: new Proxy({}, {}) }
    for (const [name, value] of Object.entries(values)) queue.addNext(root, value, 'property', name)
    assert.deepEqual(names(queue, 1), ['object', 'fn'])
  })

  it('visits an object once, by the way that comes first', () => {
    const { queue, root } = begin()
    const shared = {}
    queue.addNext(root, shared, 'property', 'near')
    queue.addNext(root, shared, 'property', 'again')
    const [near, again] = queue.level(1)
    assert.equal(queue.visit(near!), true)
    assert.equal(queue.visit(again!), false)
    queue.addNext(root, shared, 'property', 'later')
    assert.deepEqual(names(queue, 1), ['near', 'again'])
  })

  it('passes over what is to be skipped', () => {
    const { queue, root } = begin()
    const skipped = {}
    queue.skip(skipped)
    queue.addNext(root, skipped, 'property', 'skipped')
    assert.deepEqual(names(queue, 1), [])
  })

  it('takes nothing that is farther than eight steps', () => {
    const last = begin({}, MAX_STEPS - 1)
    last.queue.addNext(last.root, {}, 'property', 'last')
    assert.deepEqual(names(last.queue, MAX_STEPS), ['last'])
    const beyond = begin({}, MAX_STEPS)
    beyond.queue.addNext(beyond.root, {}, 'property', 'beyond')
    assert.equal(MAX_STEPS, 8)
  })

  it('knows, ever after, that the way led through the closure of a package', () => {
    const { queue, root } = begin(() => 1)
    queue.addVariable({}, root, 'own', 1, VARIABLE, false)
    queue.addVariable({}, root, 'closed over', 1, VARIABLE, true)
    const [own, closedOver] = queue.level(1)
    queue.addNext(own!, {}, 'property', 'of own')
    queue.addVariable({}, closedOver!, 'of closed over', 2, VARIABLE, false)
    const seen = [1, 2].flatMap((steps) =>
      queue.level(steps).map(({ name, isInPackage }) => [name, isInPackage]),
    )
    assert.deepEqual(seen, [
      ['own', false],
      ['closed over', true],
      ['of own', false],
      ['of closed over', true],
    ])
  })
})
