/**
 * A value attached to somebody else's object, where nobody can see it: in a private field, which no
 * reflection, enumeration or proxy shows. Unlike a WeakMap it costs no hash, no table and no work for
 * the collector.
 */
class Identity {
  /** What a constructor returns is what a derived class puts its fields on. */
  constructor(object: object) {
    // oxlint-disable-next-line no-constructor-return -- that is the point
    return object
  }
}

export class Attached<T> extends Identity {
  #value: T | null

  private constructor(object: object, value: T | null) {
    super(object)
    this.#value = value
  }

  /** Null where nothing is attached, and for what is no object. */
  static get<T>(object: unknown): T | null {
    const attached = object as Attached<T>
    return typeof object === 'object' && object !== null && #value in attached
      ? attached.#value
      : null
  }

  static set<T>(object: object, value: T | null): void {
    const attached = object as Attached<T>
    if (#value in attached) attached.#value = value
    else new Attached<T>(object, value)
  }
}
