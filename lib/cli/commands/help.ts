/** What `--help` prints. */
import type { Command } from './command'
import { COMMANDS } from './table'

/** `memprof --help`. */
export function generalHelp(): string {
  const names = Object.keys(COMMANDS)
  const width = Math.max(...names.map((name) => name.length))
  return [
    'Which route of a Node server leaks, how many bytes per request, and on which line.',
    '',
    'Usage: memprof <command> [options]',
    '',
    'Commands',
    ...names.map((name) => `  ${name.padEnd(width)}  ${COMMANDS[name]!.summary}`),
    '',
    'memprof <command> --help shows the options of one and examples.',
    'Without a command: node -r memprof/register app.js',
    '',
    'Exit codes: 0 done; 1 a leak or limit was found, where the command checks for one;',
    '2 wrong use or unreadable input.',
  ].join('\n')
}

/** `memprof report --help`. */
export function commandHelp(command: Command): string {
  const options = Object.entries(command.options).map(([name, { short, placeholder, meaning }]) => {
    const letter = short === undefined ? '    ' : `-${short}, `
    return [`${letter}--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`, meaning]
  })
  options.push(['-h, --help', 'this'])
  const width = Math.max(...options.map(([option]) => option!.length))
  return [
    `Usage: memprof ${command.usage}`,
    '',
    command.description,
    '',
    'Options',
    ...options.map(([option, meaning]) => `  ${option!.padEnd(width)}  ${meaning}`),
    '',
    'Examples',
    ...command.examples.flatMap(([line, meaning]) => [`  ${line}`, `      ${meaning}`]),
  ].join('\n')
}
