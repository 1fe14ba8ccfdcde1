/**
 * How long a reading of a large heap pauses, by how long V8 has marked that heap before:
 *
 *   node dist/benchmarks/overhead/marking.js [--megabytes 700] [--rounds 3]
 *
 * The app around it allocates all the time, as one under load does. A heap that V8 was done with before the
 * reading is marked once more. "Stood still" is the longest turn of the event loop while it marked.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { getHeapStatistics } from 'node:v8'
import { InspectorSession } from '../../lib/inspector/session'
import { median } from '../../test/support/median'
import { textTable } from '../../test/support/table'

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '700' },
    rounds: { type: 'string', default: '3' },
  },
})
const MEGABYTES = Number(values.megabytes)
/** Milliseconds per MB of heap. */
const LEADS = [0, 0.12, 0.25, 0.5, 0.75, 1, 2]
const REST_MS = 1000

interface Made {
  id: number
  name: string
  next: object | null
}

const kept: Made[] = []
while (getHeapStatistics().used_heap_size < MEGABYTES * 2 ** 20) {
  for (let at = 0; at < 20_000; at++) kept.push({ id: at, name: `n${at}`, next: null })
}

setInterval(() => {
  const made = Array.from({ length: 4000 }, (_, id) => ({ id, name: `a${id}` }))
  kept[Math.floor(Math.random() * kept.length)]!.next = made[0]!
}, 2).unref()

let longestMs = 0
let lastMs = performance.now()
setInterval(() => {
  const nowMs = performance.now()
  longestMs = Math.max(longestMs, nowMs - lastMs)
  lastMs = nowMs
}, 1).unref()

async function main(): Promise<void> {
  const session = new InspectorSession()
  session.start(512 << 10)
  const rows: string[][] = []
  for (const lead of LEADS) {
    const pauses: number[] = []
    const stood: number[] = []
    let done = 0
    for (let round = 0; round < Number(values.rounds); round++) {
      await wait(REST_MS)
      longestMs = 0
      if (lead > 0) session.beginMarking()
      await wait(lead * MEGABYTES)
      stood.push(longestMs)
      if (lead > 0 && session.endMarking() !== null) done++
      pauses.push(session.read()!.pauseMs)
    }
    rows.push([
      `${lead * MEGABYTES}`,
      median(pauses).toFixed(0),
      median(stood).toFixed(0),
      `${done} of ${pauses.length}`,
    ])
  }
  session.close()
  console.log(`Node ${process.version}, ${MEGABYTES} MB`)
  console.log(textTable(['ms of marking', 'pause, ms', 'stood still, ms', 'V8 was done'], rows))
}

void main()
