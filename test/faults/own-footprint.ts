/** The profiler must not be the leak: what it holds of the process, before and after a long time. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from '../support/app'
import { temporaryFolder } from '../support/files'
import { get } from '../support/http'
import { startFaulty } from './faulty-app'
import type { Scenario } from './scenario'
import { collected, pipeline, word } from './traffic'

interface Held {
  readonly heapBytes: number
  /** What the inspector's remote objects, among others, are held by. */
  readonly globalHandlesBytes: number
  readonly resources: Record<string, number>
  readonly listeners: number
  readonly descriptors: number
}

const HELD = `(() => {
  const heapBytes = ${collected}
  const { used_global_handles_size: globalHandlesBytes } = require('node:v8').getHeapStatistics()
  const resources = {}
  for (const name of process.getActiveResourcesInfo()) {
    resources[name] = (resources[name] ?? 0) + 1
  }
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return { heapBytes, globalHandlesBytes, resources, listeners }
})()`

const COUNT_READINGS = `void (() => {
  globalThis.readings = 0
  const { prototype } = require('node:inspector').Session
  const { post } = prototype
  prototype.post = function (method, ...rest) {
    if (method === 'HeapProfiler.getSamplingProfile') readings++
    return post.call(this, method, ...rest)
  }
})()`

async function held(app: App): Promise<Held> {
  await app.settled()
  const asked = await app.ask<Omit<Held, 'descriptors'>>(HELD)
  // Where there is no /proc, the others have to do.
  let descriptors = 0
  try {
    descriptors = readdirSync(`/proc/${app.child.pid}/fd`).length
  } catch {
    // macOS.
  }
  return { ...asked, descriptors }
}

export interface FootprintSize {
  readonly requests: number
  readonly routes: number
  /** Readings of the live heap, each with a judgement of every route. */
  readonly readings: number
  /** Readings before the first look: tables and code are there by then. */
  readonly settledReadings: number
  readonly times: number
}

/** Requests sent in one go. */
const CHUNK = 2000
/** More than this after any time is growth: the histories of readings are filled and halved within. */
const MAX_GROWN_BYTES = 6_000_000
const MAX_GROWN_HANDLES_BYTES = 50_000

/** Beside each other few enough that each is a route, however many there are. */
function pathOf(at: number, routes: number): string {
  const beside = Math.ceil(Math.sqrt(routes))
  return `/${word(Math.floor(at / beside))}/${word(at % beside)}`
}

export function footprint(size: FootprintSize): Scenario {
  const { requests, routes, readings, settledReadings, times } = size
  const shown = (count: number): string => count.toLocaleString('en')
  return {
    claim: `${shown(requests)} requests over ${shown(routes)} routes and ${readings} judgements leave memprof's own memory where it was`,
    how: `one request in ten leaks; descriptors, timers, listeners, handles and the heap after ${settledReadings} readings and at the end, what leaked let go`,
    times,
    async run(stage) {
      const log = join(temporaryFolder(stage), 'log')
      const app = await startFaulty(stage, {
        nodeArgs: ['--expose-gc'],
        env: {
          MEMPROF_DESTINATION: log,
          MEMPROF_MAX_ROUTES: '4096',
          MEMPROF_INTERVAL: '5s',
          MEMPROF_LEAK_INTERVAL: '500ms',
          MEMPROF_PAUSE_BUDGET: '0.5',
        },
      })
      await app.ask(COUNT_READINGS)
      let sent = 0
      let made = 0
      const send = async (leaks = true): Promise<void> => {
        await pipeline(app.port, CHUNK, (at) =>
          get(leaks && at % 10 === 0 ? '/keep' : pathOf((sent + at) % routes, routes)),
        )
        sent += CHUNK
        made = await app.ask<number>('readings')
      }
      const letGo = async (): Promise<Held> => {
        await app.ask('dropKept()')
        // Two readings later the samples of what leaked are gone, too.
        for (const from = made; made < from + 2; ) await send(false)
        return held(app)
      }
      while (sent < 2 * routes || made < settledReadings) await send()
      const before = await letGo()
      while (sent < requests || made < readings) await send()
      const after = await letGo()
      await app.stop()
      const { heapBytes, globalHandlesBytes, ...counts } = after
      assert.deepEqual(counts, {
        resources: before.resources,
        listeners: before.listeners,
        descriptors: before.descriptors,
      })
      const grownBytes = heapBytes - before.heapBytes
      const grownHandles = globalHandlesBytes - before.globalHandlesBytes
      assert.ok(grownBytes < MAX_GROWN_BYTES, `${grownBytes} bytes of heap`)
      assert.ok(grownHandles < MAX_GROWN_HANDLES_BYTES, `${grownHandles} bytes of handles`)
      return {
        requests: sent,
        judgements: made,
        'kB the heap grew by': Math.round(grownBytes / 1000),
        'bytes of handles more': grownHandles,
        'descriptors, timers and listeners more': 0,
      }
    },
  }
}
