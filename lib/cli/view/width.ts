/**
 * Text in the columns of a terminal. A Chinese character and an emoji take two of them, an accent that
 * combines with the letter before it none: counted as characters, such names shear a table.
 */
import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter()

/** Columns that a text takes. Colours take none. */
export function widthOf(text: string): number {
  return stringWidth(text)
}

/** A text with blanks after it, or before it, up to a width. */
export function padTo(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'left' ? text + blanks : blanks + text
}

/** A text that is too long is cut, and then ends in `…`. */
export function cutEnd(text: string, width: number): string {
  return widthOf(text) <= width ? text : `${fitting(split(text), width - 1).join('')}…`
}

/** A route that is too long loses its middle: the method and the end of the path tell most. */
export function cutMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  const characters = split(text)
  const head = fitting(characters, Math.ceil((width - 1) / 3)).join('')
  const tail = fitting(characters.reverse(), width - 1 - widthOf(head)).reverse()
  return `${head}…${tail.join('')}`
}

/** Lines of at most `width` columns, broken at blanks; those after the first begin with `indent`. */
export function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/(?<=\S) /)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line)
      line = indent + word
    } else line = longer
  }
  lines.push(line)
  return lines
}

/** Graphemes: an emoji with its colour of skin is one, a letter with its accents too. */
function split(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment)
}

/** As many of the first characters as fit into a width. */
function fitting(characters: readonly string[], width: number): string[] {
  let used = 0
  const over = characters.findIndex((character) => {
    used += widthOf(character)
    return used > width
  })
  return over < 0 ? [...characters] : characters.slice(0, over)
}
