// What messages call a map: those that somebody made without a name have none.

/** As in `map "flows"`, or `the map`. */
export function called({ name }: { readonly name: string }): string {
  return name === '' ? 'the map' : `map "${name}"`
}

/** {@link called}, at the beginning of a sentence. */
export function calledFirst(map: { readonly name: string }): string {
  const text = called(map)
  return text.charAt(0).toUpperCase() + text.slice(1)
}
