/**
 * Whose a script is: memprof's, or the app's and its packages'. A hook's frames lead on into the app and
 * are left out of its stacks; below any other of memprof's, what is allocated is memprof's cost.
 *
 * Of the packages that memprof depends on, two call on into the app, as hooks do. The others need no
 * entry: pino runs below memprof's frames, and an app's own pino or debug may be the same files.
 */
import { dirname, join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ScriptOwner } from './sites'

/** dist/lib. */
const OWN_FOLDER = join(__dirname, '..') + sep
/** Folders, and the file that all hooks ship in (register/bundle.mjs). */
const HOOKS: readonly string[] = [
  join(OWN_FOLDER, 'start.js'),
  join(OWN_FOLDER, 'hooks') + sep,
  ...['require-in-the-middle', 'shimmer'].map((name) => dirname(require.resolve(name)) + sep),
]
const OWN: readonly string[] = [OWN_FOLDER, ...HOOKS]
/** As the debugger names scripts: by URL. */
const OWN_URLS: readonly string[] = OWN.map((folder) => pathToFileURL(folder).href)

function isBelow(url: string, folders: readonly string[]): boolean {
  return folders.some((folder) => url.startsWith(folder))
}

/** @param url - as profiles have it: the path of a CommonJS module */
export function ownerOf(url: string): ScriptOwner {
  if (isBelow(url, HOOKS)) return 'hook'
  return url.startsWith(OWN_FOLDER) ? 'memprof' : 'others'
}

/** @param url - a path, or as the debugger has it */
export function isOwnScript(url: string): boolean {
  return isBelow(url, OWN_URLS) || isBelow(url, OWN) || url.startsWith('memprof:')
}
