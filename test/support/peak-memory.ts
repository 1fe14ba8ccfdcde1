/**
 * Loaded into the command that is measured: what it took goes to descriptor 3 when it ends.
 */
import { writeSync } from 'node:fs'

export interface Used {
  readonly maxRssBytes: number
  readonly cpuMs: number
}

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  const used: Used = { maxRssBytes: maxRSS * 1024, cpuMs: (userCPUTime + systemCPUTime) / 1000 }
  writeSync(3, JSON.stringify(used))
})
