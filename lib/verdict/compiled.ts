/** What V8 compiled. docs/method.md, "What counts as a leak": it is not code. */
import type { Evidence } from './span'

/**
 * Bytes over the span, at most, that are code of the app's functions: samples show it in the function that
 * ran when V8 compiled it, as if that function kept it. Made of the app's functions, or the most that all
 * code grew by: what V8 makes again and again, once a GC took what it relied on, does not add up. memprof's
 * inquiries compile memprof's code: windows with such work do not count.
 */
export function compiledBytes({ observation, span, thresholds }: Evidence): number {
  const { appCodeBytes, codeBytes, ownWork } = observation
  let made = 0
  let grown = 0
  let mostGrown = 0
  for (let at = span.first + 1; at <= span.last; at++) {
    if (ownWork[at] !== ownWork[at - 1]) continue
    made += appCodeBytes[at]! - appCodeBytes[at - 1]!
    grown += codeBytes[at]! - codeBytes[at - 1]!
    mostGrown = Math.max(mostGrown, grown)
  }
  return thresholds.leak.compiledPerCode * Math.min(made, mostGrown)
}
