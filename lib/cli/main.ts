#!/usr/bin/env node
/**
 * The command `memprof`.
 */
import { type ErrorFacts, escapeText, MemprofError } from '../errors'
import { nearestName } from '../config/nearest-name'
import { PACKAGE_VERSION } from '../config/package-version'
import { EXIT, readArguments } from './commands/command'
import { COMMANDS } from './commands/table'
import { commandHelp, generalHelp } from './commands/help'

async function main(given: readonly string[]): Promise<number> {
  const [name, ...rest] = given
  if (name === undefined) {
    process.stderr.write(`${generalHelp()}\n`)
    return EXIT.wrong
  }
  if (name === '--version' || name === '-v') return print(PACKAGE_VERSION)
  if (name === '--help' || name === '-h' || name === 'help') {
    const [about] = rest
    return print(about === undefined ? generalHelp() : commandHelp(load(about)))
  }
  const command = load(name)
  const options = {
    ...command.options,
    help: { type: 'boolean', short: 'h', meaning: '' },
  } as const
  const args = readArguments(name, { ...command, options }, rest)
  if (args.values['help'] === true) return print(commandHelp(command))
  return command.run(args)
}

function load(name: string): ReturnType<(typeof COMMANDS)[string]['load']> {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]!.load()
  const names = Object.keys(COMMANDS)
  const nearest = nearestName(name, names)
  throw usage({
    problem: `${escapeText(name)} is no command of memprof`,
    advice: nearest === null ? `There are ${names.join(', ')}.` : `Did you mean ${nearest}?`,
  })
}

function usage(facts: ErrorFacts['ERR_MEMPROF_USAGE']): MemprofError {
  return new MemprofError('ERR_MEMPROF_USAGE', facts)
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return EXIT.done
}

// `memprof report | head`: whoever reads no further has what they wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.exitCode = EXIT.wrong
    if (error instanceof MemprofError) {
      process.stderr.write(`memprof: ${error.code}: ${error.message}\n`)
    } else {
      // A mistake of ours. Exit code 1, which Node would give it, means that a leak was found.
      process.stderr.write(`memprof: ${String((error as Error).stack ?? error)}\n`)
    }
  },
)
