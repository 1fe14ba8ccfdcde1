/**
 * Instructions a server executes, counted by valgrind's callgrind: the one figure here that neither
 * other work on the machine nor its clock speed moves. The same program counted twice differs by less
 * than 0.1 %.
 *
 * Counted are the instructions of the main thread in user mode, collections of the young generation
 * included. Not counted: the kernel's, and the compiler's threads, which work ahead and then stop.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * About how much slower a server is under callgrind. Its clock is slowed by as much (slow-clock.ts),
 * so that what a program does once per ms it does as often per request as otherwise.
 */
export const SLOWER_BY = 40

/** Collections run on the main thread, where they are counted; and no full one happens to begin. */
const NODE_ARGUMENTS: readonly string[] = ['--single-threaded-gc', '--initial-old-space-size=512']

/** Timers see the true clock: memprof's own are put off. Drains come by the ring, as it fills. */
export const CALLGRIND_ENV: Readonly<Record<string, string>> = {
  MEMPROF_INTERVAL: '1h',
  MEMPROF_LEAK_INTERVAL: '1h',
  MEMPROF_RING_SIZE: '1024',
}

export function hasCallgrind(): boolean {
  return spawnSync('callgrind_control', ['--version']).status === 0
}

/** @returns what starts node under callgrind, and the arguments of node */
export function underCallgrind(
  outFile: string,
  slowClock: string,
): { prefix: readonly string[]; nodeArguments: readonly string[] } {
  return {
    prefix: [
      'valgrind',
      '-q',
      '--tool=callgrind',
      `--callgrind-out-file=${outFile}`,
      '--separate-threads=yes',
      // V8 writes the code that it runs.
      '--smc-check=all-non-file',
    ],
    nodeArguments: [...NODE_ARGUMENTS, '-r', slowClock],
  }
}

export function zeroCounts(pid: number): void {
  control('--zero', pid)
}

/**
 * @param outFile - as given to {@link underCallgrind}; of a process that made no dump before
 * @returns instructions of the main thread since the counts were zero
 */
export function readCounts(pid: number, outFile: string): number {
  control('--dump', pid)
  const dump = readFileSync(`${outFile}.1-01`, 'utf8')
  const count = Number(/^summary: (\d+)/m.exec(dump)?.[1])
  if (Number.isNaN(count)) throw new Error('callgrind counted nothing')
  return count
}

function control(what: string, pid: number): void {
  const { status, stderr } = spawnSync('callgrind_control', [what, String(pid)], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`callgrind_control ${what}: ${stderr}`)
}
