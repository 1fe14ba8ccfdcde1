/**
 * The text report of Connect 1's profiler, per request. rss and vsize are what they changed by, as
 * they were there.
 */
import type { Reading } from '../record/reading'
import { formatConnectBytes } from './amounts'

/** A path comes from a stranger, and this text goes to a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

export function connectReport(
  method: string,
  path: string,
  durationMs: number,
  before: Reading,
  after: Reading,
): string {
  const vsize = after.vsizeBytes - before.vsizeBytes
  const of = (used: number, total: number): string =>
    `${formatConnectBytes(used)} / ${formatConnectBytes(total)}`
  return [
    `${method} ${path}`.replace(UNPRINTABLE, '?'),
    `response time: ${Math.round(durationMs)}ms`,
    `memory rss: ${formatConnectBytes(after.rssBytes - before.rssBytes)}`,
    `memory vsize: ${Number.isNaN(vsize) ? 'unknown here' : formatConnectBytes(vsize)}`,
    `heap before: ${of(before.heapUsedBytes, before.heapTotalBytes)}`,
    `heap after: ${of(after.heapUsedBytes, after.heapTotalBytes)}`,
    '',
    '',
  ].join('\n')
}
