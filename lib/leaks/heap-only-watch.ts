/**
 * Follows the live heap by the process's own major GCs, where readings of memprof's take too long: it
 * sees that the heap grows, and not where.
 */
import { MAX_READINGS } from '../heap/heap-history'
import { type HeapGrowth, heapGrowth, type HeapPoint } from '../verdict/heap-only'

export class HeapOnlyWatch {
  #points: HeapPoint[] = []
  #isTold = false

  /** After a major GC. @returns what there is to tell, once */
  add(point: HeapPoint): HeapGrowth | null {
    if (this.#isTold) return null
    this.#points.push(point)
    if (this.#points.length > MAX_READINGS) {
      this.#points = this.#points.filter((_, at) => at % 2 === 0)
    }
    const growth = heapGrowth(this.#points)
    this.#isTold = growth !== null
    return growth
  }
}
