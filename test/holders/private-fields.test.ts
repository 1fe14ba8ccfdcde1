import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PrivateFields } from '../../lib/holders/private-fields'
import { newMemory } from '../../lib/holders/walk-memory'
import { Inspection } from '../../lib/inspector/inspection'

class Counter {
  readonly #max = 10
  readonly shown = 1
  isFull(): boolean {
    return this.shown > this.#max
  }
}

/** The fields of a walk whose inspector knows one field of each object, and how often it was asked. */
function fields(): { privates: PrivateFields; asked: () => number } {
  let asked = 0
  const inspection = new Inspection(() => null)
  inspection.privateFields = () => {
    asked++
    return [{ name: '#max', value: 10 }]
  }
  return { privates: new PrivateFields(inspection, newMemory()), asked: () => asked }
}

describe('PrivateFields', () => {
  it('asks for those of an object whose class declares any, and remembers them', () => {
    const { privates } = fields()
    const counter = new Counter()
    assert.deepEqual(privates.of(counter), [])
    assert.deepEqual(privates.read(counter), [{ name: '#max', value: 10 }])
    assert.deepEqual(privates.of(counter), [{ name: '#max', value: 10 }])
  })

  it('finds the class anywhere in the chain', () => {
    class Derived extends Counter {}
    assert.equal(fields().privates.read(new Derived()).length, 1)
  })

  it('asks nothing of plain objects, of those without prototype, and of classes without a #', () => {
    const { privates, asked } = fields()
    class Open {
      readonly max = 10
    }
    for (const value of [{}, Object.create(null) as object, new Open()]) privates.read(value)
    assert.equal(asked(), 0)
  })

  it('asks for 200 objects at most', () => {
    const { privates, asked } = fields()
    for (let at = 0; at < 250; at++) privates.read(new Counter())
    assert.equal(asked(), 200)
  })
})
