/** Colours, from the style's custom properties, so that light, dark and print are told in one place. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

/** Colours for curves; after that they come again with another dash. */
export const CURVE_COLOURS = 8

const DASHES: ReadonlyArray<readonly number[]> = [[], [6, 4], [2, 3]]

/** How the curve in a slot is drawn. */
export function curveStyle(slot: number): { name: string; dash: number[] } {
  const dash = DASHES[Math.floor(slot / CURVE_COLOURS) % DASHES.length]!
  return { name: `curve-${slot % CURVE_COLOURS}`, dash: [...dash] }
}

/** A piece of the line as it is drawn, for legends. */
export function makeSwatch(slot: number): SVGSVGElement {
  const { name, dash } = curveStyle(slot)
  const namespace = 'http://www.w3.org/2000/svg'
  const swatch = document.createElementNS(namespace, 'svg')
  const line = document.createElementNS(namespace, 'line')
  for (const [key, value] of Object.entries({ width: '20', height: '10', 'aria-hidden': 'true' })) {
    swatch.setAttribute(key, value)
  }
  for (const [key, value] of Object.entries({ x1: '0', x2: '20', y1: '5', y2: '5' })) {
    line.setAttribute(key, value)
  }
  line.setAttribute('class', `line-${name}`)
  if (dash.length > 0) line.setAttribute('stroke-dasharray', dash.join(' '))
  swatch.append(line)
  return swatch
}

/** Calls back when colours have changed: light to dark, and to the colours of print and back. */
export function onTheme(listener: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', listener)
  onPrint(listener)
}

/** Before the page is printed and after it was. */
export function onPrint(listener: (printing: boolean) => void): void {
  addEventListener('beforeprint', () => listener(true))
  addEventListener('afterprint', () => listener(false))
}
