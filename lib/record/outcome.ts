/** How a request ended, as a number: the index into OUTCOMES, which a column of the ring holds. */
import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'

export const OUTCOMES = ['finished', 'aborted', 'errored'] as const

export const FINISHED: number = OUTCOMES.indexOf('finished')
export const ABORTED: number = OUTCOMES.indexOf('aborted')
const ERRORED = OUTCOMES.indexOf('errored')

/** Codes of a connection that the other side gave up. */
const CLIENT_GONE: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_SESSION_ERROR',
])
/** NGHTTP2_NO_ERROR: an HTTP/2 stream that was not reset, by either side, before its end. */
const NO_ERROR = 0

/** 0 where no header was sent. */
export function statusOf(res: ServerResponse): number {
  return res.headersSent ? res.statusCode : 0
}

export function statusOfStream({ sentHeaders }: ServerHttp2Stream): number {
  return Number(sentHeaders?.[':status'] ?? 0)
}

/** Of a response, or a stream, that closed before it was sent. */
export function outcomeOfClosed({
  errored,
}: {
  readonly errored?: (Error & { code?: unknown }) | null
}): number {
  return errored && !CLIENT_GONE.has(errored.code) ? ERRORED : ABORTED
}

/** An HTTP/2 response has no `finish` of its own that means it was sent: its end is the stream's. */
export function outcomeOfStream(stream: ServerHttp2Stream): number {
  return stream.rstCode === NO_ERROR ? FINISHED : outcomeOfClosed(stream)
}
