/** What a URL or a mix is drawn from: uniform and normal numbers, reproducible from a seed. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number
  /** Uniform integer in [0, below). */
  integer(below: number): number
  /** Standard normal. */
  normal(): number
}

/**
 * A seeded generator, so that two runs of an app see the same mix.
 *
 * Source: mulberry32 (T. Ettinger, public domain); normals by Box and Muller (1958).
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  }
}

/** A stream of its own for each purpose: what one draws does not change what another gets. By FNV-1a. */
export function seedOf(...words: readonly (string | number)[]): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(words.join(' '))) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
