/** Fills the blocks of the docs for which no app is run: `npm run docs`. */
import { writeBlock } from '../support/blocks'
import { MADE } from './made'

async function main(): Promise<void> {
  for (const { file, name, make } of MADE) writeBlock(file, name, await make())
}

main().catch((error: unknown) => {
  process.stderr.write(`${String((error as Error).stack ?? error)}\n`)
  process.exitCode = 1
})
