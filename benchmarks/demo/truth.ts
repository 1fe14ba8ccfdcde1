/**
 * What the leaking route truly keeps: asked alone, in a process without memprof, read after forced
 * major GCs.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { launchApp } from '../../test/support/app'
import { PROBE, ROOT } from '../../test/support/files'
import type { ProbeReading } from '../../test/support/probe'
import { LEAKING_ROUTE, visitLeakingRoute } from './traffic'

export interface Truth {
  readonly route: string
  readonly bytesPerRequest: number
  /** The function that allocates what is kept: relative path, line from 1. */
  readonly site: string
}

export const SHOP = 'benchmarks/demo/shop.cjs'
const LEAKING_FUNCTION = 'rememberSearch'

/** What is compiled and loaded on the way weighs as much as hundreds of requests: so many of them. */
const WARM_UP_REQUESTS = 2000
const REQUESTS = 8000

export async function measureTruth(): Promise<Truth> {
  const server = await launchApp(SHOP, { preload: [], control: PROBE })
  try {
    await visitLeakingRoute(server.port, WARM_UP_REQUESTS)
    const before = await server.ask<ProbeReading>('collect')
    await visitLeakingRoute(server.port, REQUESTS)
    const after = await server.ask<ProbeReading>('collect')
    return {
      route: LEAKING_ROUTE,
      bytesPerRequest: Math.round((after.heapUsedBytes - before.heapUsedBytes) / REQUESTS),
      site: `${SHOP}:${lineOf(`function ${LEAKING_FUNCTION}(`)}`,
    }
  } finally {
    await server.end('SIGKILL')
  }
}

/** Read from the source, so that an edit of the shop cannot make the demo lie. */
function lineOf(text: string): number {
  const lines = readFileSync(path.join(ROOT, SHOP), 'utf8').split('\n')
  return lines.findIndex((line) => line.includes(text)) + 1
}
