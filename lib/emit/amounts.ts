/** Numbers as a person reads them, in the sentences of lines; exact ones stand in the fields. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** `1328` -> `1.3 kB`: powers of 1,000, two significant digits below 10. */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes)
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value).toString()
  return `${bytes < 0 ? '-' : ''}${digits} ${UNITS[unit]}`
}

/** `1 line`, `1200 lines`: without separators, as the numbers of the fields beside it. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `8040` -> `2 h 14 min`; the two largest units that are not zero. */
export function formatSeconds(seconds: number): string {
  const parts: Array<[number, string]> = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ]
  const from = parts.findIndex(([value]) => value > 0)
  if (from < 0) return '0 s'
  return parts
    .slice(from, from + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ')
}

const KB = 1024
const MB = KB * 1024
const GB = MB * 1024

/** As Connect's profiler wrote sizes: `788.00kb`, `1.02gb`, powers of 1,024. */
export function formatConnectBytes(bytes: number): string {
  const magnitude = Math.abs(bytes)
  if (magnitude < KB) return `${bytes}b`
  if (magnitude < MB) return `${(bytes / KB).toFixed(2)}kb`
  if (magnitude < GB) return `${(bytes / MB).toFixed(2)}mb`
  return `${(bytes / GB).toFixed(2)}gb`
}
