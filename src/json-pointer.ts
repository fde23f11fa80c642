/** The JSON Pointer (RFC 6901) of these names, from the outside in. */
export function jsonPointer(names: readonly PropertyKey[]): string {
  return names.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The names of a JSON Pointer. */
export function namesIn(pointer: string): string[] {
  const escaped = pointer.split('/').slice(1)
  return escaped.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}
