/**
 * By what a file is known to be the one that ran: a leak's line has it, and `memprof report` compares it
 * before it shows lines of a file. V8's own of each script, which it tells while the debugger is on, is the
 * same: the SHA-256 of the text in UTF-8.
 */
/** Bytes of a file whose lines are shown, at most: nobody writes a longer one. */
export const MAX_SOURCE_BYTES: number = 2 << 20
/** Hex digits, enough that no two files of one name share them. */
const DIGITS = 16

export function sourceHash(text: string): string {
  // Loading it takes 5 ms.
  const { createHash } = require('node:crypto') as typeof import('node:crypto')
  return shortHash(createHash('sha256').update(text).digest('hex'))
}

/** @param hash - V8's own */
export function shortHash(hash: string): string {
  return hash.slice(0, DIGITS)
}
