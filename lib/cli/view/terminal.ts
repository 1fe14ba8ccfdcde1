/** What stdout is: how wide, and whether it may be coloured. */
import type { WriteStream } from 'node:tty'

export interface Output {
  /** Columns; where there is no terminal and COLUMNS says nothing, 80. */
  readonly columns: number
  readonly color: boolean
  /** False where a pipe or a file follows. */
  readonly isTerminal: boolean
}

const DEFAULT_COLUMNS = 80
const MIN_COLUMNS = 40
const MAX_COLUMNS = 500

/** `NO_COLOR` (https://no-color.org) and `FORCE_COLOR` as in Node; `COLUMNS` wins over the terminal's. */
export function describeOutput(
  stream: Partial<Pick<WriteStream, 'isTTY' | 'columns'>>,
  env: NodeJS.ProcessEnv,
): Output {
  const isTerminal = stream.isTTY === true
  const given = Number.parseInt(env['COLUMNS'] ?? '', 10)
  const columns = given > 0 ? given : (stream.columns ?? DEFAULT_COLUMNS)
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0'
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return {
    columns: Math.max(MIN_COLUMNS, Math.min(MAX_COLUMNS, columns || DEFAULT_COLUMNS)),
    color: !refused && (isTerminal || forced),
    isTerminal,
  }
}
