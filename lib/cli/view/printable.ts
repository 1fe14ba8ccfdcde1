/**
 * Names and sentences from a log, as they may be shown. The one place for this: every view, and `top`,
 * passes all text of a log through it.
 */
import { escapeText } from '../../errors'

/** Characters of one text on a screen. */
const MAX_SHOWN_CHARS = 200

/**
 * `text` on one line: control characters, ANSI escapes, direction marks, invisible and broken characters
 * written as `\u{1b}`; longer than `maxLength` characters, it is cut and ends in `…`.
 */
export function printable(text: string, maxLength: number = MAX_SHOWN_CHARS): string {
  return escapeText(text, maxLength)
}
