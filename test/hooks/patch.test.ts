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
