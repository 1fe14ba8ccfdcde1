import { closeSync, writeSync } from 'node:fs'
import { escapeText } from '../errors'
import { openShared } from './shared-stream'

/** A message longer than this many characters is cut. */
const MAX_MESSAGE_CHARS = 1000

/**
 * One line to the person on stderr, past any stream the app may have replaced. Never throws, and waits
 * for nobody: where stderr is full, closed or not read, the line is lost.
 */
export function say(message: string): void {
  try {
    const { descriptor, own } = openShared('stderr')
    try {
      writeSync(descriptor, `${escapeText(message, MAX_MESSAGE_CHARS)}\n`)
    } finally {
      if (own) closeSync(descriptor)
    }
  } catch {
    // There is nobody left to tell.
  }
}
