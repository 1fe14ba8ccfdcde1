import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { describe, it } from 'node:test'
import {
  OUTCOMES,
  outcomeOfClosed,
  outcomeOfStream,
  statusOf,
  statusOfStream,
} from '../../lib/record/outcome'

const failed = (code?: string): Error => Object.assign(new Error('planted'), { code })
const streamOf = (fields: object): ServerHttp2Stream => fields as ServerHttp2Stream

describe('a response that closed before it was sent', () => {
  it('is aborted where the other side left, and errored where the app failed', () => {
    const table: Array<[errored: Error | null, outcome: string]> = [
      [null, 'aborted'],
      [failed('ECONNRESET'), 'aborted'],
      [failed('EPIPE'), 'aborted'],
      [failed('ERR_HTTP2_STREAM_ERROR'), 'aborted'],
      [failed('ENOENT'), 'errored'],
      [failed(), 'errored'],
    ]
    for (const [errored, outcome] of table) {
      assert.equal(OUTCOMES[outcomeOfClosed({ errored })], outcome)
    }
  })
})

describe('an HTTP/2 stream', () => {
  it('is finished where it was not reset, whatever else is said of it', () => {
    assert.equal(OUTCOMES[outcomeOfStream(streamOf({ rstCode: 0, errored: failed() }))], 'finished')
    assert.equal(OUTCOMES[outcomeOfStream(streamOf({ rstCode: 8, errored: null }))], 'aborted')
    assert.equal(OUTCOMES[outcomeOfStream(streamOf({ rstCode: 2, errored: failed() }))], 'errored')
  })
})

describe('a status', () => {
  it('is 0 until headers were sent', () => {
    const responseOf = (headersSent: boolean): ServerResponse =>
      ({ headersSent, statusCode: 200 }) as ServerResponse
    assert.equal(statusOf(responseOf(false)), 0)
    assert.equal(statusOf(responseOf(true)), 200)
    assert.equal(statusOfStream(streamOf({})), 0)
    assert.equal(statusOfStream(streamOf({ sentHeaders: { ':status': 204 } })), 204)
  })
})
