/** The end of what a function began. */

/**
 * Calls `end` when a promise has settled, or at once where there is none.
 *
 * @param result - what a function returned
 * @param end - told whether the promise was rejected, and whether there was none
 * @returns `result`, or a promise that settles alike: were the first one handed out, watching it would count
 *   as handling its rejection, and Node would not hear of one that the app leaves unhandled
 */
export function whenSettled<T>(
  result: T,
  end: (hasFailed: boolean, isUnknown: boolean) => void,
): T {
  if (!(result instanceof Promise)) {
    end(false, true)
    return result
  }
  return result.then(
    (value: unknown) => {
      end(false, false)
      return value
    },
    (error: unknown) => {
      end(true, false)
      throw error
    },
  ) as T
}
