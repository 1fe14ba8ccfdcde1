/**
 * Where a sampled function stands in the source its author wrote, by source maps: those that Node keeps, of
 * loaders that compile in memory as tsx does, else beside the script or within it. They are read when a leak
 * is told, never before.
 */
import { readFileSync, statSync } from 'node:fs'
import { findSourceMap, SourceMap, type SourceMapping } from 'node:module'
import { dirname, relative, resolve, sep } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import type { SiteFrame } from '../schema/lines'
import { MAX_SOURCE_BYTES, sourceHash } from './source-hash'
import type { StackFrame } from './stack-frame'

/** Bytes of a script or map that is read, at most; beyond, the generated position is told. A round number. */
const MAX_FILE_BYTES = 32 << 20
/** Scripts whose maps are remembered, at most: a round number. */
const MAX_SCRIPTS = 256
/** Files that maps name whose hash is remembered, at most; beyond, none is told. A round number. */
const MAX_HASHES = 64
/** The comment stands at the end of a script; an inline map makes it long. */
const COMMENT = /\/\/[#@] sourceMappingURL=(\S+)\s*$/
const INLINE = /^data:application\/json[^,]*;base64,/
const NODE_MODULES = `${sep}node_modules${sep}`

/** A script that has a map. */
interface Mapped {
  readonly map: SourceMap
  /** Node's own is that of the script which runs, whatever lies on the disk. */
  readonly isKept: boolean
  /** Of the script on the disk. */
  readonly hash: string
  readonly writtenMs: number
}

export class SourceMaps {
  readonly #scripts: Map<string, Mapped | null> = new Map()
  /** Of files that maps name, by path; '' where it says nothing. */
  readonly #hashes: Map<string, string> = new Map()

  /**
   * Line and column from 1; `file` relative to the working directory where inside it. With a `sourceHash`
   * where the frame has one, and it can be said what of the file it comes to.
   */
  locate(frame: StackFrame): SiteFrame {
    const path = pathOf(frame.url)
    const site = {
      function: frame.functionName || '(anonymous)',
      file: displayed(path),
      line: frame.lineNumber + 1,
      column: frame.columnNumber + 1,
    }
    if (!path.startsWith(sep)) return site
    const script = this.#scriptAt(path)
    const entry = script?.map.findEntry(frame.lineNumber, frame.columnNumber)
    // A map may point outside its own sources: whoever wrote it is not to be trusted.
    if (!entry || !('originalSource' in entry) || typeof entry.originalSource !== 'string') {
      return withHash(site, frame.sourceHash)
    }
    const original = resolve(dirname(path), pathOf(entry.originalSource))
    // What lies there now may be another script than the one that runs, and so may its map.
    const { hash, writtenMs, isKept } = script!
    const isOnDisk = hash === frame.sourceHash
    const isOfScript = isOnDisk || (isKept && frame.sourceHash !== undefined)
    const madeMs = isOnDisk ? writtenMs : performance.timeOrigin
    return withHash(
      {
        ...site,
        file: displayed(original),
        line: entry.originalLine + 1,
        column: entry.originalColumn + 1,
      },
      isOfScript ? this.#hashOf(original, madeMs) : undefined,
    )
  }

  /** Of a file that was not written again after the script was made of it. */
  #hashOf(path: string, madeMs: number): string | undefined {
    const known = this.#hashes.get(path)
    if (known !== undefined) return known || undefined
    if (this.#hashes.size >= MAX_HASHES) return undefined
    let hash = ''
    try {
      const text = statSync(path).mtimeMs <= madeMs ? readBounded(path, MAX_SOURCE_BYTES) : ''
      if (text !== '') hash = sourceHash(text)
    } catch {
      // Sources need not be where the script runs.
    }
    this.#hashes.set(path, hash)
    return hash || undefined
  }

  /** Where it stands in the text of the file itself: another place where a loader compiled that in memory. */
  inFile(frame: StackFrame): Pick<StackFrame, 'lineNumber' | 'columnNumber'> {
    const path = pathOf(frame.url)
    const script = path.startsWith(sep) ? this.#scriptAt(path) : null
    const entry = script?.map.findEntry(frame.lineNumber, frame.columnNumber)
    const isSource =
      script?.isKept && entry && 'originalSource' in entry && pathOf(entry.originalSource) === path
    return isSource ? { lineNumber: entry.originalLine, columnNumber: entry.originalColumn } : frame
  }

  /** The name that the map has for exactly this position; undefined where it has none. */
  nameAt({ url, lineNumber, columnNumber }: StackFrame): string | undefined {
    const path = pathOf(url)
    if (!path.startsWith(sep)) return undefined
    const found = this.#scriptAt(path)?.map.findEntry(lineNumber, columnNumber) ?? {}
    // Node's types leave the name out.
    const entry = found as Partial<SourceMapping> & { name?: unknown }
    const here = entry.generatedLine === lineNumber && entry.generatedColumn === columnNumber
    return here && typeof entry.name === 'string' && entry.name !== '' ? entry.name : undefined
  }

  #scriptAt(path: string): Mapped | null {
    const known = this.#scripts.get(path)
    if (known !== undefined) return known
    if (this.#scripts.size >= MAX_SCRIPTS) this.#scripts.clear()
    let script: Mapped | null = null
    try {
      script = readMapped(path)
    } catch {
      // No file (an evaluated script), or no map: the generated position is true all the same.
    }
    this.#scripts.set(path, script)
    return script
  }
}

function readMapped(path: string): Mapped | null {
  const kept = findSourceMap(path)
  const script = readBounded(path, MAX_FILE_BYTES)
  const mapped = (map: SourceMap): Mapped => ({
    map,
    isKept: kept !== undefined,
    hash: sourceHash(script),
    writtenMs: statSync(path).mtimeMs,
  })
  if (kept) return mapped(kept)
  const url = COMMENT.exec(script)?.[1]
  if (!url) return null
  const text = INLINE.test(url)
    ? Buffer.from(url.slice(url.indexOf(',') + 1), 'base64').toString('utf8')
    : readBounded(resolve(dirname(path), decodeURIComponent(url)), MAX_FILE_BYTES)
  return mapped(new SourceMap(JSON.parse(text)))
}

/** '' where the path is no file, or a longer one: a device or a pipe has no size, and no end. */
function readBounded(path: string, maxBytes: number): string {
  const stats = statSync(path)
  if (!stats.isFile() || stats.size > maxBytes) return ''
  return readFileSync(path, 'utf8')
}

function withHash(site: SiteFrame, hash: string | undefined): SiteFrame {
  return hash === undefined ? site : { ...site, sourceHash: hash }
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
