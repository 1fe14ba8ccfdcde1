import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { PipelinedResponses } from '../../lib/record/pipelined'

interface Connection {
  destroyed: boolean
  writableEnded: boolean
}

const open = (): Connection & Socket =>
  ({ destroyed: false, writableEnded: false }) as unknown as Connection & Socket

/** A response that waits its turn, or has it: then the connection is its own. */
const response = (socket: Socket | null = null): ServerResponse =>
  ({ socket }) as unknown as ServerResponse

function watched(): { pipelined: PipelinedResponses; unanswered: ServerResponse[] } {
  const unanswered: ServerResponse[] = []
  return { pipelined: new PipelinedResponses((res) => unanswered.push(res)), unanswered }
}

describe('PipelinedResponses', () => {
  it('takes a response that waits for a connection, and no other', () => {
    const { pipelined } = watched()
    const socket = open()
    assert.equal(pipelined.add(response(), socket), socket)
    assert.equal(pipelined.add(response(socket), socket), null)
    assert.equal(pipelined.add(response(), undefined), null)
  })

  it('tells of those that wait once their connection is gone, or takes no more', () => {
    for (const ended of ['destroyed', 'writableEnded'] as const) {
      const { pipelined, unanswered } = watched()
      const [socket, other] = [open(), open()]
      const [first, second] = [response(), response()]
      for (const res of [first, second]) pipelined.add(res, socket)
      pipelined.add(response(), other)
      pipelined.endUnanswered(socket)
      assert.deepEqual(unanswered, [])
      socket[ended] = true
      pipelined.endUnanswered(socket)
      assert.deepEqual(unanswered, [first, second])
    }
  })

  it('tells nothing of a response that got its turn meanwhile, or that left', () => {
    const { pipelined, unanswered } = watched()
    const socket = open()
    const [turned, left] = [response(), response()]
    for (const res of [turned, left]) pipelined.add(res, socket)
    Object.assign(turned, { socket })
    pipelined.delete(left, socket)
    socket.destroyed = true
    pipelined.endUnanswered(socket)
    assert.deepEqual(unanswered, [])
  })

  it('lets responses leave while it tells of them', () => {
    const unanswered: ServerResponse[] = []
    const socket = open()
    const pipelined = new PipelinedResponses((res) => {
      unanswered.push(res)
      pipelined.delete(res, socket)
    })
    const waiting = [response(), response(), response()]
    for (const res of waiting) pipelined.add(res, socket)
    socket.destroyed = true
    pipelined.endAllUnanswered()
    pipelined.endAllUnanswered()
    assert.deepEqual(unanswered, waiting)
  })

  it('forgets all', () => {
    const { pipelined, unanswered } = watched()
    const socket = open()
    pipelined.add(response(), socket)
    pipelined.clear()
    socket.destroyed = true
    pipelined.endAllUnanswered()
    assert.deepEqual(unanswered, [])
  })
})
