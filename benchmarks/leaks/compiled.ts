/**
 * What V8 keeps for the functions that it compiles while an app warms up, beside their machine code:
 *
 *   node dist/benchmarks/leaks/compiled.js
 *
 * An Express app with no leak in it is asked 12,000 times from this same process. What its heap grows by
 * is compiled code and what belongs to that; `lib/verdict/thresholds.ts`, `compiledPerCode`.
 */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Client } from '../../test/support/load.js'

/** As far as it is used here; Express brings no types. */
type App = RequestListener & {
  get(path: string, handler: (req: unknown, res: { send(text: string): void }) => void): void
}
const express = require('express') as () => App

/** Requests before the first size: modules, sockets and pools are made once. */
const WARM_UP = 300
const REQUESTS = 12_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function sizes(): { code: number; all: number } {
  collectGarbage()
  const spaces = getHeapSpaceStatistics()
  const bytes = (is: RegExp): number =>
    spaces
      .filter(({ space_name: name }) => is.test(name))
      .reduce((sum, { space_used_size: used }) => sum + used, 0)
  return { code: bytes(/^code_/), all: bytes(/./) }
}

async function main(): Promise<void> {
  const app = express()
  app.get('/a', (_req, res) => res.send('/a'))
  const server = createServer(app)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = new Client((server.address() as AddressInfo).port)
  await client.sendMany(WARM_UP, () => ({ path: '/a' }))
  const before = sizes()
  await client.sendMany(REQUESTS, () => ({ path: '/a' }))
  const after = sizes()
  client.close()
  server.close()
  const code = after.code - before.code
  const all = after.all - before.all
  console.log(
    `Node ${process.version}: ${Math.round(code / 1e3)} kB of machine code, ${Math.round(all / 1e3)} kB in all, ${(all / code).toFixed(2)} times as much`,
  )
}

void main()
