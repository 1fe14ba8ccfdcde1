/**
 * JSON that drives no terminal: `cat` of a log must be as safe as a look at it through a tool.
 *
 * JSON.stringify escapes C0 and leaves DEL, C1 (0x9b begins a terminal's sequence as ESC [ does) and
 * what turns the direction of text or hides. Written as escapes these are the same value to a parser.
 */

/** Nearly every line is plain ASCII, and passes by this alone. */
const PLAIN = /^[\x20-\x7e]*\n?$/
const UNPRINTABLE = /[\u007f-\u009f\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

export function printableJson(line: string): string {
  return PLAIN.test(line) ? line : line.replace(UNPRINTABLE, escapeUnits)
}

/** A character beyond the basic plane is two escapes in JSON. */
function escapeUnits(character: string): string {
  let escaped = ''
  for (let at = 0; at < character.length; at++) {
    escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
  }
  return escaped
}
