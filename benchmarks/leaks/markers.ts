import { readFileSync } from 'node:fs'

/** Where an app's source says a leak's bytes are allocated. Lines from 1. */
export interface MarkedSite {
  /** Lines marked `// leak: <name>`, at their end or on the line above: the allocation itself. */
  readonly lines: Set<number>
  /** First and last line of the functions below a `// leak in: <name>`. V8's sampling profiler places
   * an allocation at its function's head, and the callbacks inside it at theirs. */
  readonly functions: [first: number, last: number][]
  /** Lines marked `// adds: <name>`, or `// leak, adds: <name>`: what adds to the holder. */
  readonly adders: Set<number>
}

const MARKER = /^(.*)\/\/ (leak|leak in|adds|leak, adds): (.+)$/

/**
 * The marked sites of an app's source by leak name (`GET /orders/:id`, `shared`, `process`).
 * Read from the source on every run: line numbers written by hand go stale with the first edit.
 */
export function readMarkers(file: string): Map<string, MarkedSite> {
  const sites = new Map<string, MarkedSite>()
  const source = readFileSync(file, 'utf8').split('\n')
  source.forEach((text, index) => {
    const match = MARKER.exec(text)
    if (!match) return
    const alone = match[1]!.trim() === ''
    const first = index + (alone ? 2 : 1)
    for (const name of match[3]!.split(', ')) {
      const site = sites.get(name) ?? { lines: new Set(), functions: [], adders: new Set() }
      sites.set(name, site)
      const mark = match[2]!
      if (mark === 'leak in') site.functions.push([first, lastLine(source, first)])
      else if (mark !== 'adds') site.lines.add(first)
      if (mark.endsWith('adds')) site.adders.add(first)
    }
  })
  return sites
}

/** Where a function ends, by the formatter's word: the next line that is indented like its head. */
function lastLine(source: readonly string[], first: number): number {
  const indent = /^\s*/.exec(source[first - 1]!)![0]
  for (let line = first + 1; line <= source.length; line++) {
    const text = source[line - 1]!
    if (text.startsWith(indent) && /^[)}\]]/.test(text.slice(indent.length))) return line
  }
  return first
}
