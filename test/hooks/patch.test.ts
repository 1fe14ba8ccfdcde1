import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { patch, patchAll } from '../../lib/hooks/patch'

class Parent {
  speak(): string {
    return 'parent'
  }
}
class Child extends Parent {}

function louder(original: () => string) {
  return function speak(this: unknown): string {
    return `${original.call(this)}!`
  }
}

describe('patch', () => {
  it('puts back an own property as it was, its descriptor included', () => {
    const holder = Object.defineProperty({} as { speak(): string }, 'speak', {
      value: () => 'own',
      enumerable: false,
      configurable: true,
      writable: true,
    })
    const before = Object.getOwnPropertyDescriptor(holder, 'speak')
    const unpatch = patch(holder, 'speak', louder)
    assert.equal(holder.speak(), 'own!')
    unpatch()
    assert.deepEqual(Object.getOwnPropertyDescriptor(holder, 'speak'), before)
  })

  it('shows the name, the length and the enumerability of what it wraps', () => {
    const holder = Object.create({ say: function named(_a: number, _b: number) {} }) as {
      say: (...args: unknown[]) => unknown
    }
    const unpatch = patch(holder, 'say', () => () => 'ours')
    assert.deepEqual([holder.say.name, holder.say.length, holder.say()], ['named', 2, 'ours'])
    const keys = []
    for (const key in holder) keys.push(key)
    assert.deepEqual(keys, ['say'])
    unpatch()
    const child = new Child()
    const unpatchChild = patch(Child.prototype, 'speak', louder)
    for (const key in child) assert.fail(key)
    unpatchChild()
  })

  it('wears no mark by which another agent would remove it', () => {
    const unpatch = patch(Child.prototype, 'speak', louder)
    assert.deepEqual(
      ['__wrapped', '__unwrap'].filter((mark) => mark in Child.prototype.speak),
      [],
    )
    unpatch()
  })

  it('gives what is inherited by now, where that was replaced since', () => {
    const parent = { speak: () => 'old' }
    const holder = Object.create(parent) as typeof parent
    const unpatch = patch(holder, 'speak', (_original, below) => () => `${below()()}!`)
    parent.speak = () => 'new'
    assert.equal(holder.speak(), 'new!')
    unpatch()
  })

  it('leaves no own property where there was an inherited one', () => {
    const unpatch = patch(Child.prototype, 'speak', louder)
    assert.equal(new Child().speak(), 'parent!')
    assert.equal(new Parent().speak(), 'parent')
    unpatch()
    assert.equal(Object.hasOwn(Child.prototype, 'speak'), false)
    assert.equal(new Child().speak(), 'parent')
  })

  it('leaves alone what somebody laid over it since, and can be undone twice', () => {
    const holder = { speak: () => 'own' }
    const unpatch = patch(holder, 'speak', louder)
    const ours = holder.speak
    const theirs = (): string => `(${ours()})`
    holder.speak = theirs
    unpatch()
    assert.equal(holder.speak, theirs)
    unpatch()
    assert.equal(holder.speak, theirs)
  })

  it('throws, and prints nothing, where there is no function of that name', (t) => {
    const print = t.mock.method(console, 'error', () => {})
    assert.throws(() => patch({}, 'speak', louder), TypeError)
    assert.throws(() => patch({ speak: 7 }, 'speak', louder), TypeError)
    assert.equal(print.mock.callCount(), 0)
  })
})

describe('patchAll', () => {
  it('patches all, or none where one is missing', () => {
    const one = (): string => 'one'
    const holder = { one, two: () => 'two' }
    assert.throws(() => patchAll(holder, { one: louder, three: louder }), TypeError)
    assert.equal(holder.one, one)
    const unpatch = patchAll(holder, { one: louder, two: louder })
    assert.equal(holder.one() + holder.two(), 'one!two!')
    unpatch()
    assert.equal(holder.one, one)
    assert.equal(holder.two(), 'two')
  })
})
