/** Who may pay for a leak whose holder is sought, as the ranking of containers takes it. */
import { isWithin } from '../schema/work-name'
import { isBelowMount } from '../verdict/owner'
import type { Suspect } from './ranking'
import type { Sought } from './sought'

/** What is asked of the app that is searched. */
export interface SuspectedApp {
  readonly routes: ReadonlyArray<{ readonly method: string; readonly pattern: string }>
  /** Requests that ended, by index of the route. */
  ended(): readonly number[]
}

/** @param texts - of the leaks' functions, by `positionKey` */
export function suspectOf(
  sought: Sought,
  app: SuspectedApp,
  texts: ReadonlyMap<string, string>,
): Suspect {
  const { per, route, mount } = sought.leak
  const paying = per === 'second' ? null : route !== null ? [route] : below(mount, app)
  return sought.suspect(paying, texts)
}

/**
 * By their rhythm alone requests of one route seem to pay, and what keeps the leak is sought in step with them.
 * Others may pay too, for a part or for all.
 *
 * @returns all that may pay; null where the payer is known, or nobody is taken for it
 */
export function suspectOfAny(
  sought: Sought,
  app: SuspectedApp,
  texts: ReadonlyMap<string, string>,
): Suspect | null {
  const { route, attribution } = sought.leak
  if (route === null || attribution !== 'estimated') return null
  const whole = below('', app)
  const ended = app.ended()
  const ofAll = whole.reduce((sum, at) => sum + (ended[at] ?? 0), 0)
  const suspect = sought.suspect(whole, texts)
  const share = (ended[route] ?? 0) / Math.max(1, ofAll)
  return { ...suspect, bytesPerExposure: share * suspect.bytesPerExposure }
}

/** Routes below a mount; for '' all, and units of work that are no part of a request. */
function below(mount: string, { routes }: SuspectedApp): number[] {
  return routes.flatMap(({ method, pattern: route }, at) => {
    const isBelow = mount === '' ? !isWithin(method) : isBelowMount({ method, route }, { mount })
    return isBelow ? [at] : []
  })
}
