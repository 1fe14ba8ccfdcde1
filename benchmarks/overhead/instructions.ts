/** Instructions a process executes, counted by Linux's `perf` where it may count them. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'

/** User and kernel where that is allowed. */
const EVENTS = ['instructions:uk', 'instructions:u']
/** Until perf has attached; the server idles meanwhile. */
const ATTACH_MS = 300

/** The first event that counts here, or why none does. */
export function findEvent(): { event: string } | { why: string } {
  for (const event of EVENTS) {
    const { error, stderr } = spawnSync('perf', ['stat', '-x', ',', '-e', event, 'true'], {
      encoding: 'utf8',
    })
    if (error) return { why: 'perf is not installed' }
    if (parseCount(stderr) !== null) return { event }
  }
  return { why: 'perf cannot count instructions on this machine' }
}

/** Counts what `pid` executes while `work` runs. */
export async function countWhile(
  event: string,
  pid: number,
  prefix: readonly string[],
  work: () => Promise<void>,
): Promise<number> {
  const [command, ...args] = [...prefix, 'perf', 'stat', '-x', ',', '-e', event, '-p', String(pid)]
  const perf = spawn(command!, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const output = text(perf.stderr)
  const ended = once(perf, 'exit')
  await wait(ATTACH_MS)
  await work()
  perf.kill('SIGINT')
  await ended
  const count = parseCount(await output)
  if (count === null) throw new Error(`perf counted nothing: ${await output}`)
  return count
}

/** `82345,,instructions:u,…`; null where it says `<not supported>`. */
function parseCount(output: string): number | null {
  const match = /^(\d+(?:\.\d+)?),/m.exec(output)
  return match ? Number(match[1]) : null
}
