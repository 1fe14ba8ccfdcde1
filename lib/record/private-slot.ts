/**
 * A slot on somebody else's object that nobody can see: a private field, which no reflection,
 * enumeration or proxy shows. Unlike a WeakMap it costs no hash, no table and no work for the GC.
 */
class Identity {
  /** What a constructor returns is what a derived class puts its fields on. */
  constructor(object: object) {
    // oxlint-disable-next-line no-constructor-return -- that is the point
    return object
  }
}

export class PrivateSlot<T> extends Identity {
  #value: T | null

  private constructor(object: object, value: T | null) {
    super(object)
    this.#value = value
  }

  /** Null where the slot is empty or was never made, and for what is no object. */
  static get<T>(object: unknown): T | null {
    const owner = object as PrivateSlot<T>
    return typeof object === 'object' && object !== null && #value in owner ? owner.#value : null
  }

  static set<T>(object: object, value: T | null): void {
    const owner = object as PrivateSlot<T>
    if (#value in owner) owner.#value = value
    else new PrivateSlot<T>(object, value)
  }
}
