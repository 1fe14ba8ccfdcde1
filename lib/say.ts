import { writeSync } from 'node:fs'

/** One line to the person on stderr, past any stream the app may have replaced. */
export function say(message: string): void {
  try {
    writeSync(2, `${message}\n`)
  } catch {
    // stderr is closed or full: there is nobody left to tell.
  }
}
