import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RequestStates } from '../../lib/record/request-states'

describe('RequestStates', () => {
  it('finds the state of a response, and of the response over a stream', () => {
    const states = new RequestStates()
    const [res, stream, beside] = [{}, {}, {}]
    const first = states.take()
    states.attach(first, res)
    const second = states.take()
    states.attach(second, stream)
    states.attachBeside(second, beside)
    assert.equal(states.of(res), first)
    assert.equal(states.of(stream), second)
    assert.equal(states.of(beside), second)
    assert.equal(states.of(res), first)
  })

  it('finds none for what is no request of ours', () => {
    const states = new RequestStates()
    states.attach(states.take(), {})
    for (const other of [{}, null, undefined, 'text', 7]) assert.equal(states.of(other), null)
  })

  it('finds none for a response that was answered, whoever has its state by now', () => {
    const states = new RequestStates()
    const [answered, next] = [{}, {}]
    const state = states.take()
    states.attach(state, answered)
    state.attachedTo = null
    states.giveBack(state)
    assert.equal(states.of(answered), null)
    assert.equal(states.take(), state)
    states.attach(state, next)
    assert.equal(states.of(answered), null)
    assert.equal(states.of(next), state)
  })

  it('leaves nothing on an object that anybody could see', () => {
    const states = new RequestStates()
    const res = {}
    states.attach(states.take(), res)
    assert.deepEqual(Reflect.ownKeys(res), [])
  })
})
