/** What tests and benchmarks draw from, the same for the same seed: the generator is that of `memprof check`. */
import { normal, seeded } from '../../lib/cli/app/load'

export { normal, seeded }

/** A whole number from `low` to `high`, both included. */
export function integer(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1))
}

/** Events of a Poisson process; by a rounded normal above 60, where that is as good. */
export function poisson(random: () => number, mean: number): number {
  if (mean <= 0) return 0
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}

/** A seeded generator as an object: what URLs, bodies and mixes are drawn from. */
export interface Random {
  /** In [0, 1). */
  uniform(): number
  /** A whole number in [0, below). */
  integer(below: number): number
  /** Standard normal. */
  normal(): number
}

export function createRandom(seed: number): Random {
  const uniform = seeded(seed)
  return {
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    normal: () => normal(uniform),
  }
}

/** A seed for each purpose, so that what one draws does not change what another gets. By FNV-1a. */
export function seedOf(...words: ReadonlyArray<string | number>): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(words.join(' '))) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
