/** The files that one run's processes write their lines to. */
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** `memprof-20261123-014512-%p.ndjson`: one file for each process, beside the app. */
export function defaultLogPattern(now: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0')
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('')
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('')
  return `memprof-${day}-${time}-%p.ndjson`
}

/**
 * The files behind a pattern that were written since, in the order of their names.
 *
 * @param pattern - a path, `%p` and `%t` for numbers in its last part
 * @param sinceMs - ms since 1970
 */
export function findLogs(pattern: string, sinceMs: number): string[] {
  const folder = dirname(resolve(pattern))
  const names = new RegExp(`^${basename(pattern).split(/%[pt]/).map(escapeRegExp).join('\\d+')}$`)
  try {
    return readdirSync(folder)
      .filter((name) => names.test(name))
      .map((name) => join(folder, name))
      .filter((file) => isWrittenSince(file, sinceMs))
      .sort()
  } catch {
    // No folder: nothing was written.
    return []
  }
}

/** File systems keep times in steps; this is more than any in use. */
const TIME_STEP_MS = 2000

function isWrittenSince(file: string, sinceMs: number): boolean {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat !== undefined && stat.isFile() && stat.mtimeMs >= sinceMs - TIME_STEP_MS
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
