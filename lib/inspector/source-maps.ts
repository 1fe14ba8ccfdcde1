/**
 * Where a sampled function stands in the source its author wrote, by source maps beside the script or
 * within it. They are read when a leak is told, never before.
 */
import { readFileSync, statSync } from 'node:fs'
import { SourceMap, type SourceMapping } from 'node:module'
import { dirname, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SiteFrame } from '../schema/lines'
import type { StackFrame } from './stack-frame'

/** Bytes of a script or map that is read, at most; beyond, the generated position is told. A round number. */
const MAX_FILE_BYTES = 32 << 20
/** Scripts whose maps are remembered, at most: a round number. */
const MAX_SCRIPTS = 256
/** The comment stands at the end of a script; an inline map makes it long. */
const COMMENT = /\/\/[#@] sourceMappingURL=(\S+)\s*$/
const INLINE = /^data:application\/json[^,]*;base64,/
const NODE_MODULES = `${sep}node_modules${sep}`

export class SourceMaps {
  readonly #maps: Map<string, SourceMap | null> = new Map()

  /** Line and column from 1; `file` relative to the working directory where inside it. */
  locate(frame: StackFrame): SiteFrame {
    const path = pathOf(frame.url)
    const site = {
      function: frame.functionName || '(anonymous)',
      file: displayed(path),
      line: frame.lineNumber + 1,
      column: frame.columnNumber + 1,
    }
    if (!path.startsWith(sep)) return site
    const entry = this.#mapOf(path)?.findEntry(frame.lineNumber, frame.columnNumber)
    // A map may point outside its own sources: whoever wrote it is not to be trusted.
    if (!entry || !('originalSource' in entry) || typeof entry.originalSource !== 'string') {
      return site
    }
    return {
      ...site,
      file: displayed(resolve(dirname(path), pathOf(entry.originalSource))),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    }
  }

  /** The name that the map has for exactly this position; undefined where it has none. */
  nameAt({ url, lineNumber, columnNumber }: StackFrame): string | undefined {
    const path = pathOf(url)
    if (!path.startsWith(sep)) return undefined
    const found = this.#mapOf(path)?.findEntry(lineNumber, columnNumber) ?? {}
    // Node's types leave the name out.
    const entry = found as Partial<SourceMapping> & { name?: unknown }
    const here = entry.generatedLine === lineNumber && entry.generatedColumn === columnNumber
    return here && typeof entry.name === 'string' && entry.name !== '' ? entry.name : undefined
  }

  #mapOf(path: string): SourceMap | null {
    const known = this.#maps.get(path)
    if (known !== undefined) return known
    if (this.#maps.size >= MAX_SCRIPTS) this.#maps.clear()
    let map: SourceMap | null = null
    try {
      map = loadMap(path)
    } catch {
      // No file (an evaluated script), or no map: the generated position is true all the same.
    }
    this.#maps.set(path, map)
    return map
  }
}

function loadMap(path: string): SourceMap | null {
  const url = COMMENT.exec(readBounded(path))?.[1]
  if (!url) return null
  const text = INLINE.test(url)
    ? Buffer.from(url.slice(url.indexOf(',') + 1), 'base64').toString('utf8')
    : readBounded(resolve(dirname(path), decodeURIComponent(url)))
  return new SourceMap(JSON.parse(text))
}

/** '' where the path is no file: a device or a pipe has no size, and no end. */
function readBounded(path: string): string {
  const stats = statSync(path)
  if (!stats.isFile() || stats.size > MAX_FILE_BYTES) return ''
  return readFileSync(path, 'utf8')
}

/** V8 names CommonJS scripts by path, ES modules by URL. */
function pathOf(url: string): string {
  if (!url.startsWith('file:')) return url
  try {
    return fileURLToPath(url)
  } catch {
    return url
  }
}

/** Relative to the working directory; a dependency outside it by `node_modules/` and its name. */
function displayed(path: string): string {
  const inside = relative(process.cwd(), path)
  if (path.startsWith(sep) && !inside.startsWith('..')) return inside
  const at = path.lastIndexOf(NODE_MODULES)
  return at < 0 ? path : path.slice(at + 1)
}
