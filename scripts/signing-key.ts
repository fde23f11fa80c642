// `npm run signing-key`: makes the key that signs checkpoints and receipts, as the secret HISTORY_SIGNING_KEY wants it.
//
//   npm run -s signing-key | npx wrangler secret put HISTORY_SIGNING_KEY
//   npm run -s signing-key -- --after https://approvals.example.com | npx wrangler secret put HISTORY_SIGNING_KEY
//
// --after  the deployment whose key it follows: what that has signed so far stays verifiable, because the public keys
//          that it publishes are taken over. A file with a JWK set does as well.
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { publicOf, type PublicKey } from '../src/history/signing-key.ts'

try {
  const { values } = parseArgs({ options: { after: { type: 'string' } } })
  const before = values.after === undefined ? [] : await publishedBy(values.after)
  const { privateKey } = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  const { kty, crv, x, d } = (await crypto.subtle.exportKey('jwk', privateKey)) as JsonWebKey
  console.log(JSON.stringify({ keys: [{ kty, crv, x, d }, ...before.map((key) => ({ kty, crv, x: key.x }))] }))
  console.error(
    `The new key is ${publicOf({ x }).kid}; ${before.length} before it ${before.length === 1 ? 'stays' : 'stay'} valid for verifying.`,
  )
} catch (error) {
  process.exitCode = 1
  console.error((error as Error).message)
}

/** The public keys that a deployment, or a file, names. */
async function publishedBy(where: string): Promise<PublicKey[]> {
  const text = existsSync(where)
    ? readFileSync(where, 'utf8')
    : await published(new URL('/.well-known/jwks.json', where))
  const { keys } = JSON.parse(text) as { keys?: PublicKey[] }
  if (!keys?.length) throw new Error(`${where} names no keys.`)
  return keys
}

async function published(url: URL): Promise<string> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url.href} answered ${answer.status}.`)
  return answer.text()
}
