/**
 * The terminal as a screen of its own, and the keys typed at it; given back as it was, whatever ends
 * the process.
 */
import { openSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'

const ENTER =
  '\u001b[?1049h' + // the alternate screen: what was there is kept
  '\u001b[?25l' + // no cursor
  '\u001b[?7l' // what is too long is cut, not wrapped
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const TO_LINE_END = '\u001b[K'
const TO_SCREEN_END = '\u001b[J'

export interface Screen {
  /** Replaces what is shown. Lines must fit, and hold nothing that moves the cursor. */
  draw(lines: readonly string[]): void
  /** Gives the terminal back; safe to call twice. */
  leave(): void
}

export function enterScreen({ fd }: { readonly fd: number }): Screen {
  let entered = true
  // Synchronous: on the way out there is no later.
  const write = (text: string): void => {
    try {
      writeSync(fd, text)
    } catch {
      // The terminal is gone, or stuffed: nothing to give back, or the next frame comes.
    }
  }
  const leave = (): void => {
    if (!entered) return
    entered = false
    process.off('exit', leave)
    write(LEAVE)
  }
  // An exception that nobody catches comes by here too, before it is printed.
  process.on('exit', leave)
  write(ENTER)
  return {
    draw(lines) {
      if (!entered) return
      write(HOME + lines.map((line) => line + TO_LINE_END).join('\r\n') + TO_SCREEN_END)
    },
    leave,
  }
}

export interface Keys {
  close(): void
}

/**
 * Keys one by one, from the terminal itself: standard input may be the log. Ctrl-C comes as a key.
 *
 * @returns null where there is no terminal to read from
 */
export function openKeys(onKey: (key: string) => void): Keys | null {
  let stream: ReadStream
  try {
    stream = new ReadStream(openSync('/dev/tty', 'r'))
    stream.setRawMode(true)
  } catch {
    return null
  }
  const release = (): void => {
    process.off('exit', release)
    stream.setRawMode(false)
  }
  process.on('exit', release)
  stream.setEncoding('utf8').on('data', (text: string | Buffer) => {
    // An arrow or a function key comes as a sequence; none of them means anything here.
    if (!String(text).startsWith('\u001b')) for (const key of String(text)) onKey(key)
  })
  // The terminal was closed: the hang-up that comes with it ends us.
  stream.on('error', () => {})
  return {
    close() {
      release()
      stream.destroy()
    },
  }
}
