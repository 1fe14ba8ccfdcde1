import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../../test/support/files'

/**
 * Puts `text` between `<!-- name -->` and `<!-- /name -->` of a file, so that what a run printed gets
 * into the docs without a hand between.
 *
 * @param file - relative to the repository
 * @throws Error when the file has no such markers
 */
export function writeBlock(file: string, name: string, text: string): void {
  const target = path.join(ROOT, file)
  const content = readFileSync(target, 'utf8')
  const open = `<!-- ${name} -->`
  const close = `<!-- /${name} -->`
  const from = content.indexOf(open)
  const to = content.indexOf(close, from)
  if (from < 0 || to < 0) throw new Error(`${file} has no ${open} … ${close}`)
  writeFileSync(
    target,
    `${content.slice(0, from + open.length)}\n\n${text.trim()}\n\n${content.slice(to)}`,
  )
}
