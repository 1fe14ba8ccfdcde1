/** What takes the place of something older. docs/method.md, "What counts as a leak": the heap grows by it. */
import { Z95 } from '../stats/normal'
import { slopeOf } from '../stats/slope'
import { type Births, growthOf } from './growth'
import { type Evidence, grownBy, within } from './span'

/**
 * Whether far more was born and stayed than the live heap has grown by: an app that replaces, one by one, what it
 * made before it listened, keeps each new object, and of the old ones there are no samples that die. In the
 * second half of the span, so that what the app let go of after its start hides nothing.
 */
export function mayReplace(
  births: Births,
  exposure: readonly number[],
  { observation, span, thresholds }: Evidence,
): boolean {
  const { liveHeapBytes, samplingBytes, timeMs } = observation
  const { minNoiseBytes, correlation } = thresholds.calibration
  const half = { first: Math.floor((span.first + span.last) / 2), last: span.last }
  const { perX, sd } = slopeOf(within(timeMs, half), within(liveHeapBytes, half), minNoiseBytes)
  const mostBytes = (perX + Z95 * correlation * sd) * grownBy(timeMs, half)
  const born = growthOf(births, exposure, half, samplingBytes)
  return thresholds.leak.minHeapShare * (born.bytes - Z95 * born.sd) > Math.max(0, mostBytes)
}
