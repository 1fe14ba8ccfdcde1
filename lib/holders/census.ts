/**
 * Every Map, Set and Array of the process, for a leak whose holder no variable leads to: what a
 * generator, an await or native code keeps is in no scope. The largest containers are followed by weak
 * references, and told by what they hold. Runs no code of the app's.
 */
import { UNBOUNDED } from './capacity'
import { sizeOf } from './container-size'
import { arraySample, mapSample, setSample, weigh } from './entry-weight'
import type { Inspection } from '../inspector/inspection'
import {
  arrayPrototype,
  charCodeAt,
  className,
  isArray,
  isMap,
  isOpaque,
  isOrdinary,
  isProxy,
  isSet,
  mapPrototype,
  now,
  ownKeys,
  setPrototype,
  weakMapGet,
} from '../inspector/intrinsics'
import { nameOf } from './object-path'
import type { Container } from './container'
import { MAX_STEPS } from './walk-queue'
import type { WalkMemory } from './walk-memory'

/** One kind a query, the likeliest first: most leaks are in Maps, and a process has arrays most of all. */
const PROTOTYPES = [mapPrototype, setPrototype, arrayPrototype]
/** Containers with fewer entries are not followed: a leak that was told has kept more. A round number. */
const MIN_FOLLOWED_ENTRIES = 64
/** Containers of each kind that are followed, at most, the largest: a round number. */
const MAX_FOLLOWED = 2000
/** Per kind of container. */
export interface CensusBounds {
  /** Containers asked for their size. */
  readonly asked: number
  readonly ms: number
}
/** The time is that of one look by a walk. */
const BOUNDS: CensusBounds = { asked: 1_000_000, ms: 150 }
/** Containers between two readings of the clock. */
const ASKED_PER_CHECK = 1024
/** Keys told of a plain object among the entries: enough to know the shape by. */
const MAX_TOLD_KEYS = 4

interface Sized {
  readonly value: object
  readonly size: number
}

interface Followed {
  readonly id: number
  readonly ref: WeakRef<object>
  readonly path: string
}

export class Census {
  readonly #bounds: CensusBounds
  readonly #followed: Followed[] = []
  #queries = 0
  #cut = ''

  constructor(bounds: CensusBounds = BOUNDS) {
    this.#bounds = bounds
  }

  /** Where it stopped early: `after 150 ms`, and the like; '' where it saw everything. */
  get cut(): string {
    return this.#cut
  }

  /** Whether a kind of container is left to ask for. */
  get isOpen(): boolean {
    return this.#queries < PROTOTYPES.length
  }

  /**
   * Asks for all containers of the next kind. Forces several major GCs: about ten times the pause of a
   * reading of the heap.
   *
   * @returns the containers worth following
   */
  ask(inspection: Inspection): Sized[] {
    const large: Sized[] = []
    const all = inspection.allOf(PROTOTYPES[this.#queries++]!)
    const beganMs = now()
    for (let at = 0; all && at < all.length && this.#mayAsk(at, beganMs); at++) {
      const value = all[at]!
      const size = isProxy(value) ? 0 : sizeOf(value)
      if (size >= MIN_FOLLOWED_ENTRIES) large[large.length] = { value, size }
    }
    return large
  }

  #mayAsk(at: number, beganMs: number): boolean {
    const { ms, asked } = this.#bounds
    if (at >= asked) this.#cut = `after ${asked} containers`
    else if (at % ASKED_PER_CHECK === 0 && now() - beganMs > ms) this.#cut = `after ${ms} ms`
    else return true
    return false
  }

  /** From now on `containers` tells the largest of these. */
  follow(found: readonly Sized[]): void {
    const largest = found.toSorted((a, b) => b.size - a.size).slice(0, MAX_FOLLOWED)
    for (const { value } of largest) {
      const id = -1 - this.#followed.length
      this.#followed.push({ id, ref: new WeakRef(value), path: describe(value) })
    }
  }

  /** The containers followed that still live and that no walk has found, at their present size. */
  containers({ ids }: WalkMemory): Container[] {
    return this.#followed.flatMap(({ id, ref, path }) => {
      const value = ref.deref()
      if (!value || weakMapGet(ids, value) !== undefined) return []
      return {
        id,
        pathKey: `census ${id}`,
        path,
        kind: isMap(value) ? 'Map' : isSet(value) ? 'Set' : 'Array',
        size: sizeOf(value),
        variable: { name: '', scope: '', seenFrom: null, url: '' },
        // Ranked like the farthest that a walk finds: no path says why it should hold the leak.
        steps: MAX_STEPS,
        within: 0,
        entryBytes: weigh(sampleOf(value)),
        capacity: UNBOUNDED,
      } as const
    })
  }
}

function sampleOf(value: object): unknown[] {
  if (isMap(value)) return mapSample(value)
  return isSet(value) ? setSample(value) : arraySample(value)
}

/** `Map of {id, at, …}`: its class, and the keys of one plain entry; never a value. */
function describe(value: object): string {
  const entries = sampleOf(value)
  let of = ''
  for (let at = 0; at < entries.length && of === ''; at++) of = shapeOf(entries[at])
  return `${classOf(value)}${of === '' ? '' : ` of ${of}`}`
}

function classOf(value: object): string {
  const name = className(value)
  return name === '' ? 'Object' : nameOf(name)
}

function shapeOf(entry: unknown): string {
  if (typeof entry === 'function') return 'functions'
  if (typeof entry !== 'object' || entry === null || isProxy(entry)) return ''
  if (isMap(entry) || isSet(entry) || isArray(entry) || isOpaque(entry) || !isOrdinary(entry)) {
    return classOf(entry)
  }
  const name = classOf(entry)
  if (name !== 'Object') return name
  const keys = ownKeys(entry)
  let told = ''
  for (let at = 0; at < keys.length && at < MAX_TOLD_KEYS; at++) {
    const key = keys[at]!
    // The keys of a dictionary are data.
    if (typeof key !== 'string' || !isWord(key)) return name
    told += `${at === 0 ? '' : ', '}${nameOf(key)}`
  }
  return `{${told}${keys.length > MAX_TOLD_KEYS ? ', …' : ''}}`
}

/** Letters, `_` and `$`: what programs call their fields. */
function isWord(key: string): boolean {
  for (let at = 0; at < key.length; at++) {
    const code = charCodeAt(key, at)
    const letter = (code | 32) >= 97 && (code | 32) <= 122
    if (!letter && code !== 95 && code !== 36) return false
  }
  return key !== ''
}
