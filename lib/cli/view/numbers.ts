/** Numbers as a person reads them. */
import { formatBytes } from '../../emit/amounts'
import type { Interval } from '../../schema/lines'

export { formatBytes, formatSeconds } from '../../emit/amounts'

/** `41302` -> `41,302`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** `1 request`, `1,200 requests`. */
export function countOf(count: number, noun: string, plural: string = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`
}

/** `0.42 ms`, `8.1 ms`, `310 ms`, `2.4 s`. */
export function formatMs(ms: number): string {
  if (ms >= 999.5) return `${toDigits(ms / 1000)} s`
  return `${toDigits(ms)} ms`
}

function toDigits(value: number): string {
  if (value >= 99.5) return formatCount(value)
  return value >= 9.95 ? value.toFixed(0) : value >= 0.995 ? value.toFixed(1) : value.toFixed(2)
}

/** `1.3 to 1.6 kB`: the unit once where both ends share it. */
export function formatInterval([low, high]: Interval): string {
  const [from, to] = [formatBytes(low), formatBytes(high)]
  const [number, unit] = from.split(' ')
  return to.endsWith(` ${unit}`) ? `${number} to ${to}` : `${from} to ${to}`
}

/** `2026-11-22 14:03:05` in local time. */
export function formatTime(time: number): string {
  const date = new Date(time)
  const two = (part: number): string => String(part).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`
}
