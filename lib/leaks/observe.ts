/** Readings, owners and kept requests -> what is judged. Pure. */
import type { HeapHistory, History } from '../heap/heap-history'
import type { KeptRequests } from '../heap/kept-requests'
import { positionKey } from '../inspector/stack-frame'
import type { Observation, PlaceSeries, RouteShare, Shares, Traced } from '../verdict/observation'
import { addedByRoute, sharesByRoute } from '../verdict/traced'
import type { Owners } from './owners'
import type { ProcessSeries } from './process-series'
import type { Traces } from './traces'
import type { WatchedApp } from './watched-app'

export interface Observed {
  readonly samplingBytes: number
  readonly history: Pick<HeapHistory, 'histories' | 'seenUnder'>
  readonly series: ProcessSeries
  readonly owners: Pick<Owners, 'ofLabel' | 'at'>
  readonly traces: Pick<Traces, 'of'>
  readonly kept: Pick<KeptRequests, 'of'>
  readonly app: Pick<WatchedApp, 'routes' | 'layers'>
}

export function observe(observed: Observed): Observation {
  const { samplingBytes, history, series, kept, app } = observed
  return {
    samplingBytes,
    ...series.sizes(),
    routes: app.routes.map(({ method, pattern }, index) => ({
      method,
      route: pattern,
      ...series.ofRoute(index),
      ...kept.of(index),
    })),
    layers: app.layers.map(({ name, mount }, index) => ({
      name,
      mount,
      entered: series.entered(index),
    })),
    places: [...history.histories].map((one) => placeSeries(one, observed)),
  }
}

function placeSeries(
  { place, isLarge, liveBytes, survivedBytes, bornBytes, bornBytesSquared }: History,
  { history, owners, traces, app }: Observed,
): PlaceSeries {
  const { label, frames, origin, isBuffer, isTimer } = place
  let owner = label ? owners.ofLabel(label.id) : null
  const seenUnder = new Set<number>()
  if (!label) {
    // From the outermost frame inwards: what runs after an await begins with the handler itself.
    for (const frame of frames.toReversed()) {
      const ofHandler = owners.at(frame)
      if (ofHandler.length === 1) owner ??= ofHandler[0]!
      for (const by of ofHandler) if (by.kind === 'route') seenUnder.add(by.index)
      for (const { id } of history.seenUnder(positionKey(frame)) ?? []) {
        const by = owners.ofLabel(id)
        if (by?.kind === 'route') seenUnder.add(by.index)
      }
    }
  }
  return {
    owner,
    origin,
    isBuffer,
    isTimer,
    isLarge,
    frames,
    seenUnder: [...seenUnder],
    traced: owner?.kind === 'route' ? null : ofRoutesNow(traces.of(frames), app),
    liveBytes,
    survivedBytes,
    bornBytes,
    bornBytesSquared,
  }
}

/** What a trace saw of a route that has become part of another since. */
function ofRoutesNow(traced: Traced | null, { routes }: Pick<WatchedApp, 'routes'>): Traced | null {
  const idOf = (index: number): number => routes[index]?.id ?? index
  const now = (shares: Shares | null): Shares | null => {
    if (!shares) return null
    const renamed = (of: readonly RouteShare[]): RouteShare[] =>
      of.map(({ index, share, within }) => ({
        index: idOf(index),
        share,
        ...(within ? { within: renamed(within) } : {}),
      }))
    const requests = routes.map(() => 0)
    shares.requests?.forEach((ended, at) => (requests[idOf(at)]! += ended))
    return {
      ...shares,
      routes: sharesByRoute(renamed(shares.routes)),
      ...(shares.requests ? { requests } : {}),
      ...(shares.outcomes
        ? {
            outcomes: addedByRoute(shares.outcomes.map((of) => ({ ...of, index: idOf(of.index) }))),
          }
        : {}),
    }
  }
  return traced && { runs: now(traced.runs), growth: now(traced.growth) }
}
