/** memprof's own memory over five million requests, handed to its hooks without sockets. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { cleanEnv } from '../../test/support/app'
import { ROOT } from '../../test/support/files'

const ROUNDS = 5
const REQUESTS_PER_ROUND = 1_000_000
const IN_FLIGHT = 10

export interface Growth {
  readonly requestsPerRound: number
  /** heapUsed after forced GCs, at the end of each round. */
  readonly liveHeapBytes: readonly number[]
  readonly allocatedBytesPerRequest: number
  readonly heapReadingsPerRequest: number
}

interface Round {
  readonly liveHeapBytes: number
  readonly allocatedBytesPerRequest: number
  readonly heapReadingsPerRequest: number
}

export async function measureGrowth(share: number): Promise<Growth> {
  const requestsPerRound = REQUESTS_PER_ROUND * share
  const args = [
    '--expose-gc',
    path.join(ROOT, 'test', 'fixtures', 'apps', 'hooked-loop.cjs'),
    path.join(ROOT, 'dist', 'lib', 'index.js'),
    ...[ROUNDS, requestsPerRound, IN_FLIGHT].map(String),
  ]
  const child = spawn(process.execPath, args, {
    env: cleanEnv({ LEAKS: 'on' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const rounds: Round[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    rounds.push(JSON.parse(line) as Round)
  })
  await once(child, 'close')
  const last = rounds.at(-1)
  if (!last || rounds.length !== ROUNDS) throw new Error('the loop through the hooks failed')
  return {
    requestsPerRound,
    liveHeapBytes: rounds.map(({ liveHeapBytes }) => liveHeapBytes),
    allocatedBytesPerRequest: last.allocatedBytesPerRequest,
    heapReadingsPerRequest: last.heapReadingsPerRequest,
  }
}
