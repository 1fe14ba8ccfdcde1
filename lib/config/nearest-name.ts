/**
 * The known name nearest to a mistyped one, counting letters left out, put in, changed, and
 * neighbours swapped; `null` where more than a third of the letters would have to change.
 * Case and the common prefix do not count.
 */
export function nearestName(given: string, known: readonly string[]): string | null {
  const wanted = withoutPrefix(given)
  let nearest: string | null = null
  let nearestDistance = Number.POSITIVE_INFINITY
  for (const name of known) {
    const candidate = withoutPrefix(name)
    const longer = Math.max(wanted.length, candidate.length)
    const limit = Math.ceil(longer / 3)
    // Also keeps a name of megabytes from being compared letter by letter.
    if (Math.abs(wanted.length - candidate.length) > limit) continue
    const distance = editDistance(wanted, candidate)
    if (distance <= limit && distance < nearestDistance) {
      nearest = name
      nearestDistance = distance
    }
  }
  return nearest
}

function withoutPrefix(name: string): string {
  return name.toUpperCase().replace(/^MEMPROF_/, '')
}

/**
 * Letters to leave out, put in, change or swap with their neighbour to make `b` of `a`
 * (optimal string alignment: no part is edited twice). O(a * b) time, three rows of space.
 *
 * Source: F. J. Damerau, Commun. ACM 7 (1964) 171-176.
 */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + changed)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1)
      }
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
