import { createPrivateKey } from 'node:crypto'

/** What a PKCS #8 Ed25519 key begins with (RFC 8410), before its 32 bytes. */
const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Signs checkpoints and receipts of a local server: everybody knows it. */
export const developmentKey = JSON.stringify(
  createPrivateKey({
    key: Buffer.concat([prefix, Buffer.alloc(32, 'for development only')]),
    format: 'der',
    type: 'pkcs8',
  }).export({ format: 'jwk' }),
)
