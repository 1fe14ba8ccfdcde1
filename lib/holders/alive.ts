/** Those that live still. Each in a list of its own: `flatMap` would take apart a container that is an array. */
export function alive(refs: ReadonlyArray<WeakRef<object>>): object[] {
  return refs.flatMap((ref) => {
    const object = ref.deref()
    return object ? [object] : []
  })
}
