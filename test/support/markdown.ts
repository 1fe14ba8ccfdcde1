/** The pages of the repository, and what is in them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { filesEndingWith, ROOT } from './files'

export interface Page {
  /** Relative to the repository. */
  readonly file: string
  readonly text: string
}

const FOLDERS = ['docs', 'benchmarks', 'test']

/** Every Markdown file of the repository. */
export function readPages(): Page[] {
  const top = readdirSync(ROOT)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(ROOT, name))
  const below = FOLDERS.flatMap((folder) => filesEndingWith(join(ROOT, folder), '.md'))
  return [...top, ...below].map((file) => {
    return { file: relative(ROOT, file), text: readFileSync(file, 'utf8') }
  })
}

/** Without blocks of code: what stands there is another program's text. */
export function proseOf(text: string): string {
  return text.replaceAll(/^(```+)[^]*?^\1$/gm, '')
}

/** Where its links and pictures lead, but for those to other hosts. */
export function relativeLinks(text: string): string[] {
  const prose = proseOf(text).replaceAll(/`[^`\n]*`/g, 'code')
  const links = prose.matchAll(/\]\(([^()\s]+)\)|(?:src|href)="([^"]+)"/g)
  return [...links].map(([, link, picture]) => (link ?? picture)!).filter((to) => !/^\w+:/.test(to))
}

/**
 * The anchors of a page's headings, as GitHub makes them: lower case, nothing but letters, digits,
 * hyphens and underscores, spaces as hyphens; the second of the same name gets `-1`.
 */
export function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>()
  const headings = proseOf(text).matchAll(/^#{1,6} (.+)$/gm)
  const anchors = [...headings].map(([, heading]) => {
    const anchor = heading!
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-')
    const before = seen.get(anchor) ?? 0
    seen.set(anchor, before + 1)
    return before === 0 ? anchor : `${anchor}-${before}`
  })
  return new Set(anchors)
}

/** Files and folders that a page names in code, as `lib/errors.ts` or `test/faults`. */
export function namedPaths(text: string): string[] {
  const code = proseOf(text).matchAll(/`([^`\n]+)`/g)
  return (
    [...code]
      .map(([, named]) => named!)
      // What a run leaves behind is not there before it, nor what a recipe tells to make.
      .filter((named) => !named.startsWith('benchmarks/out') && !/NAME/.test(named))
      // What a run leaves behind is not there before it, nor what a recipe tells to make.
      .filter((named) => !named.startsWith('benchmarks/out') && !/NAME/.test(named))
      .filter((named) => /^(?:lib|register|test|benchmarks|docs|\.ci)\/[\w./@-]+$/.test(named))
  )
}

/** The scripts of package.json that a text tells to run. */
export function namedScripts(text: string): string[] {
  return [...text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, script]) => script!)
}

/** Whether a file or folder of the repository exists. */
export function existsInRepository(path: string): boolean {
  return existsSync(join(ROOT, path))
}
