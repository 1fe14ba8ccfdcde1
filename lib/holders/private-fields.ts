/** `#private` fields of the app's objects, which only the inspector can read, for the length of a walk. */
import type { Field, Inspection } from '../inspector/inspection'
import {
  functionText,
  getPrototypeOf,
  includes,
  isProxy,
  objectPrototype,
  ownValue,
  weakMapGet,
  weakMapSet,
} from '../inspector/intrinsics'
import type { WalkMemory } from './walk-memory'

/** Objects whose private fields are read in one walk: 0.1 ms each, so 20 ms at most. */
const MAX_OWNERS = 200
const NONE: readonly Field[] = []

export class PrivateFields {
  readonly #inspection: Inspection
  readonly #memory: WalkMemory
  readonly #byOwner = new WeakMap<object, readonly Field[]>()
  #owners = 0

  constructor(inspection: Inspection, memory: WalkMemory) {
    this.#inspection = inspection
    this.#memory = memory
  }

  /** Asks the inspector, where the object's class may declare any. */
  read(owner: object): readonly Field[] {
    if (!this.#mayHaveAny(owner) || this.#owners >= MAX_OWNERS) return NONE
    this.#owners++
    const fields = this.#inspection.privateFields(owner)
    this.note(owner, fields)
    return fields
  }

  /** Fields that were read in another way: those of a class come with its scopes. */
  note(owner: object, fields: readonly Field[]): void {
    if (fields.length > 0) weakMapSet(this.#byOwner, owner, fields)
  }

  /** The fields as they were read in this walk; none where nobody asked for them. */
  of(owner: object): readonly Field[] {
    return (weakMapGet(this.#byOwner, owner) as readonly Field[] | undefined) ?? NONE
  }

  /** Whether a `#` stands in the text of a class in the object's chain: remembered by prototype. */
  #mayHaveAny(owner: object): boolean {
    const prototype = getPrototypeOf(owner)
    if (prototype === null || prototype === objectPrototype) return false
    const { hasPrivates } = this.#memory
    const known = weakMapGet(hasPrivates, prototype) as boolean | undefined
    if (known !== undefined) return known
    let hasAny = false
    let at: object | null = prototype
    while (at !== null && at !== objectPrototype && !hasAny) {
      const constructor = ownValue(at, 'constructor')
      hasAny =
        typeof constructor === 'function' &&
        !isProxy(constructor) &&
        includes(functionText(constructor), '#')
      at = getPrototypeOf(at)
    }
    weakMapSet(hasPrivates, prototype, hasAny)
    return hasAny
  }
}
