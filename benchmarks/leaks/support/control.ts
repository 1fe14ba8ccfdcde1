/**
 * The only thing loaded into an app while its truth is measured: answers `read` over IPC with the
 * memory that is left after forced GCs. Needs `--expose-gc`.
 */
export interface MemoryReading {
  readonly timeMs: number
  readonly heapUsedBytes: number
  readonly arrayBuffersBytes: number
}

/** Several collections with a turn of the event loop between them: finalizers, weak callbacks and
 * the sweeping of array buffers run in the turns and free more for the next collection. */
const COLLECTIONS = 4

async function readMemory(): Promise<MemoryReading> {
  for (let i = 0; i < COLLECTIONS; i++) {
    globalThis.gc!()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { timeMs: performance.now(), heapUsedBytes: heapUsed, arrayBuffersBytes: arrayBuffers }
}

process.on('message', (message) => {
  if (message === 'read') void readMemory().then((reading) => process.send!(reading))
})
