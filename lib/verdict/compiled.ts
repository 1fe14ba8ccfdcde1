/** What V8 compiled. docs/method.md, "What counts as a leak": it is not code. */
import type { Evidence } from './span'

/**
 * Bytes over the span, at most, that are code of the app's functions: samples show it in the function that
 * ran when V8 compiled it, as if that function kept it. memprof's inquiries compile memprof's code: windows
 * with such work do not count.
 */
export function compiledBytes({ observation, span, thresholds }: Evidence): number {
  const { appCodeBytes, ownWork } = observation
  let bytes = 0
  for (let at = span.first + 1; at <= span.last; at++) {
    if (ownWork[at] === ownWork[at - 1]) bytes += appCodeBytes[at]! - appCodeBytes[at - 1]!
  }
  return thresholds.leak.compiledPerCode * bytes
}
