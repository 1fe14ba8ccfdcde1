/**
 * Where a variable is declared. V8 tells which function sees a variable, not where the variable stands:
 * its declaration is searched for in the script's text.
 */
import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { SiteFrame } from '../schema/lines'
import type { Variable } from './container'
import type { SourceMaps } from '../inspector/source-maps'

/** Bytes of a script that is searched, at most: a bundle of an app is smaller. A round number. */
const MAX_FILE_BYTES = 8 << 20

/** The function whose scope holds a variable, file and line; what is not known is left out. */
export type Declaration = Partial<Pick<SiteFrame, 'function' | 'file' | 'line'>> & {
  /** The variable as its author called it, where a source map says so. */
  readonly name?: string
}

export function declarationOf(variable: Variable, maps: SourceMaps): Declaration {
  const { name, scope, seenFrom, url } = variable
  if (url === '') return {}
  const isTimer = scope === 'Timer'
  const within = isTimer ? name || '(anonymous)' : scopeName(scope)
  const text = isTimer || !seenFrom ? '' : textOf(url)
  const start = seenFrom ?? { lineNumber: 0, columnNumber: 0 }
  const from = { functionName: within, url, scriptId: '', ...start }
  const inFile = maps.inFile(from)
  const at = text === '' ? null : find(text, name, within, inFile)
  if (at && inFile !== from) {
    return { function: within, file: maps.locate(from).file, line: at.lineNumber + 1 }
  }
  const frame = { ...from, ...at }
  const { function: fn, file, line } = maps.locate(frame)
  const original = at?.isDeclaration ? maps.nameAt(frame) : undefined
  return { function: fn, file, line, ...(original === undefined ? {} : { name: original }) }
}

/** `Closure (session)` -> `session`; the top of a file has no name. */
function scopeName(scope: string): string {
  return /\((.+)\)$/.exec(scope)?.[1] ?? '(module)'
}

function textOf(url: string): string {
  try {
    const path = url.startsWith('file:') ? fileURLToPath(url) : url
    const stats = statSync(path)
    const readable = stats.isFile() && stats.size <= MAX_FILE_BYTES
    return readable ? readFileSync(path, 'utf8') : ''
  } catch {
    return ''
  }
}

interface Position {
  readonly lineNumber: number
  readonly columnNumber: number
}

/** The nearest declaration above the function that sees it; else the function around; else nothing. */
function find(
  text: string,
  name: string,
  within: string,
  seenFrom: Position,
): (Position & { isDeclaration: boolean }) | null {
  const seenAt = offsetOf(text, seenFrom)
  const word = `(?<![\\w$])${escaped(name)}(?![\\w$])`
  const declared =
    nearest(text, `\\b(?:const|let|var|class|function\\*?)\\s+(?=${word})`, seenAt) ??
    nearest(text, `\\b(?:const|let|var|import)\\s*[{[][^=;]*?(?=${word})`, seenAt)
  const offset =
    declared ?? nearest(text, `\\bfunction\\*?\\s+(?=${escaped(within)}\\s*\\()`, seenAt)
  return offset === null ? null : { ...positionOf(text, offset), isDeclaration: declared !== null }
}

function nearest(text: string, pattern: string, seenAt: number): number | null {
  let found: number | null = null
  for (const match of text.matchAll(new RegExp(pattern, 'g'))) {
    const at = match.index + match[0].length
    if (found !== null && at > seenAt) break
    found = at
  }
  return found
}

function escaped(name: string): string {
  return name.replaceAll(/[^\w]/g, '\\$&')
}

function offsetOf(text: string, at: Position): number {
  let offset = 0
  for (let line = 0; line < at.lineNumber; line++) {
    const end = text.indexOf('\n', offset)
    if (end < 0) break
    offset = end + 1
  }
  return offset + at.columnNumber
}

function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { lineNumber: before.split('\n').length - 1, columnNumber: offset - lineStart }
}
