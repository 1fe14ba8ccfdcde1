/** How times are written: a short run by the time since its start, a long one by the clock. */
export interface Clock {
  /** Where the axis has a line between two times, at most `max` of them, and what stands there. */
  ticks(fromMs: number, toMs: number, max: number): { atMs: number[]; labels: string[] }
  /** One moment, to be read alone. */
  moment(atMs: number): string
  /** What the axis counts in. */
  readonly axis: string
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Of a longer run the clock tells more than the time since the start. */
const MAX_ELAPSED_MS = 3 * HOUR

const STEPS = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30].map((of) => of * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((of) => of * MINUTE),
  ...[1, 2, 3, 6, 12].map((of) => of * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((of) => of * DAY),
]

/** The shortest round time of which at most `max` fit into a length. */
export function stepFor(lengthMs: number, max: number): number {
  return STEPS.find((step) => lengthMs / step <= max) ?? Math.ceil(lengthMs / max / DAY) * DAY
}

function steps(fromMs: number, toMs: number, stepMs: number): number[] {
  const found: number[] = []
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= toMs; at += stepMs) found.push(at)
  return found
}

export function openClock(startMs: number, spanMs: number): Clock {
  return spanMs <= MAX_ELAPSED_MS ? elapsedClock(startMs) : wallClock(startMs)
}

const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const time = new Intl.DateTimeFormat('en-GB', TIME)
const timeWithSeconds = new Intl.DateTimeFormat('en-GB', { ...TIME, second: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** `45 s`, `1:30 min`, `12 min`, `1 h 20 min`. */
export function formatElapsed(ms: number): string {
  const seconds = ms / SECOND
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`
  const minutes = Math.floor(seconds / 60)
  const left = Math.floor(seconds % 60)
  const hours = Math.floor(minutes / 60)
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`
  if (hours > 0) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return left === 0 ? `${minutes} min` : `${minutes}:${String(left).padStart(2, '0')} min`
}

function elapsedClock(startMs: number): Clock {
  return {
    axis: 'since the first line',
    ticks(fromMs, toMs, max) {
      const atMs = steps(fromMs, toMs, stepFor(toMs - fromMs, max))
      return { atMs, labels: atMs.map(formatElapsed) }
    },
    moment: (atMs) => `${formatElapsed(atMs)} (${timeWithSeconds.format(startMs + atMs)})`,
  }
}

function wallClock(startMs: number): Clock {
  return {
    axis: `time in ${Intl.DateTimeFormat().resolvedOptions().timeZone}`,
    ticks(fromMs, toMs, max) {
      const step = stepFor(toMs - fromMs, max)
      // Whole hours and days of the reader's clock, not of UTC.
      const offset = new Date(startMs + fromMs).getTimezoneOffset() * MINUTE - startMs
      const atMs = steps(fromMs - offset, toMs - offset, step).map((at) => at + offset)
      const labels = atMs.map((at) => {
        const label = time.format(startMs + at)
        if (step >= DAY || label === '00:00') return day.format(startMs + at)
        return step < MINUTE ? timeWithSeconds.format(startMs + at) : label
      })
      return { atMs, labels }
    },
    moment: (atMs) => `${day.format(startMs + atMs)}, ${time.format(startMs + atMs)}`,
  }
}
