let loaded: typeof import('node:crypto') | undefined

/** The platform's hashes, which bring half of Node with them: they are loaded when one is wanted. */
export function nodeCrypto() {
  return (loaded ??= globalThis.process.getBuiltinModule('node:crypto'))
}
