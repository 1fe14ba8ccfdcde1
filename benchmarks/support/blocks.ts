/**
 * Blocks of the docs that no hand writes. Each names the command that fills it:
 *
 *     <!-- settings: npm run docs -->
 *
 *     | variable | default | …
 *
 *     <!-- /settings -->
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../../test/support/files'

export interface Block {
  readonly name: string
  /** What a person types to fill it again; empty where the marker does not say. */
  readonly command: string
  readonly text: string
}

const BLOCK = /^<!-- ([a-z-]+)(?:: (.+))? -->\n([^]*?)^<!-- \/\1 -->$/gm

/** The blocks of a page, in its order. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(BLOCK)].map(([, name, command = '', text]) => {
    return { name: name!, command, text: text!.trim() }
  })
}

/**
 * Puts `text` into a block of a page, so that what a run printed gets into the docs without a hand
 * between.
 *
 * @param file - relative to the repository
 * @throws Error when the page has no block of that name
 */
export function writeBlock(file: string, name: string, text: string): void {
  const target = path.join(ROOT, file)
  const page = readFileSync(target, 'utf8')
  const open = new RegExp(`^<!-- ${name}(: .+)? -->$`, 'm').exec(page)
  const close = `<!-- /${name} -->`
  const from = open ? open.index + open[0].length : -1
  const to = page.indexOf(close, from)
  if (from < 0 || to < 0) throw new Error(`${file} has no <!-- ${name} --> … ${close}`)
  writeFileSync(target, `${page.slice(0, from)}\n\n${text.trim()}\n\n${page.slice(to)}`)
}

/** A block of code in Markdown. */
export function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trim()}\n\`\`\``
}
