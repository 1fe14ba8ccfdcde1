/** A slider below a chart: points at a moment, by key, finger or screen reader. */
import type { Clock } from './clock'
import { make } from './dom'
import type { TimeView } from './time-view'

const STEPS = 200

/** @param describe - what stands at the moment pointed at, in words */
export function makeScrubber(
  label: string,
  view: TimeView,
  clock: Clock,
  describe: () => string,
): HTMLElement {
  const slider = make('input', {
    type: 'range',
    min: '0',
    max: String(STEPS),
    value: String(STEPS),
    'aria-label': label,
  })
  const say = (): void => {
    const moment = clock.moment(view.atMs ?? view.toMs)
    slider.setAttribute('aria-valuetext', `${moment}: ${describe()}`)
  }
  slider.addEventListener('input', () => {
    view.point(view.fromMs + (Number(slider.value) / STEPS) * (view.toMs - view.fromMs))
  })
  slider.addEventListener('focus', say)
  view.onPoint(() => {
    const part = ((view.atMs ?? view.toMs) - view.fromMs) / (view.toMs - view.fromMs)
    slider.value = String(Math.round(part * STEPS))
    say()
  })
  say()

  return make('div', { class: 'scrubber' }, slider)
}
