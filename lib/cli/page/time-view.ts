/**
 * The time that all charts share: its span, the part of it that is shown, and the moment pointed at.
 * All in ms after the first line.
 */
export interface TimeView {
  readonly spanMs: number
  /** The part shown. */
  readonly fromMs: number
  readonly toMs: number
  /** Null where nothing is pointed at. */
  readonly atMs: number | null
  show(fromMs: number, toMs: number): void
  point(atMs: number | null): void
  onShow(listener: () => void): void
  onPoint(listener: () => void): void
}

/** Shorter than this, a part cannot be told apart from its neighbours. */
const MIN_SHOWN_MS = 1000

export function openTimeView(spanMs: number): TimeView {
  const shown: Array<() => void> = []
  const pointed: Array<() => void> = []
  const whole = Math.max(spanMs, MIN_SHOWN_MS)
  const view = {
    spanMs: whole,
    fromMs: 0,
    toMs: whole,
    atMs: null as number | null,
    show(fromMs: number, toMs: number): void {
      const length = Math.min(whole, Math.max(MIN_SHOWN_MS, toMs - fromMs))
      view.fromMs = Math.min(Math.max(0, fromMs), whole - length)
      view.toMs = view.fromMs + length
      for (const listener of shown) listener()
    },
    point(atMs: number | null): void {
      if (view.atMs === atMs) return
      view.atMs = atMs
      for (const listener of pointed) listener()
    },
    onShow: (listener: () => void) => shown.push(listener),
    onPoint: (listener: () => void) => pointed.push(listener),
  }
  return view
}
