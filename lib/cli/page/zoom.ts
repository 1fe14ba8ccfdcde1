/** Buttons that show less or more of the time, for all charts. */
import { make } from './dom'
import type { TimeView } from './time-view'

export function makeZoom(view: TimeView): HTMLElement {
  const button = (text: string, name: string, click: () => void): HTMLButtonElement => {
    const made = make('button', { type: 'button', 'aria-label': name, title: name }, text)
    made.addEventListener('click', click)
    return made
  }
  const zoom = (factor: number): void => {
    const middle = view.atMs ?? (view.fromMs + view.toMs) / 2
    const half = ((view.toMs - view.fromMs) * factor) / 2
    view.show(middle - half, middle + half)
  }
  const zoomOut = button('−', 'Zoom out', () => zoom(2))
  const all = button('all', 'Show all of the time', () => view.show(0, view.spanMs))
  const mark = (): void => {
    const whole = view.toMs - view.fromMs >= view.spanMs
    zoomOut.disabled = whole
    all.disabled = whole
  }
  view.onShow(mark)
  mark()
  return make(
    'span',
    { class: 'zoom', role: 'group', 'aria-label': 'Time shown' },
    button('+', 'Zoom in', () => zoom(0.5)),
    zoomOut,
    all,
  )
}
