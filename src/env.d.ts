/** What the generated types do not know of: secrets, and what is set in local development only. */
interface Secrets {
  /**
   * Encrypts the secrets of webhook endpoints: base64 of 32 random bytes; of several, separated by commas, the first.
   */
  WEBHOOK_SECRET_KEY?: string
  /**
   * Signs checkpoints and receipts: a JWK set of Ed25519 keys, of which the first that has its private part signs. The
   * others are those that have signed before.
   */
  HISTORY_SIGNING_KEY?: string
  /** Proves to the issuer that it is this service that redeems a code, where the issuer asks for that. */
  OIDC_CLIENT_SECRET?: string
  /** `on`: webhooks may go to http on this machine. Local development only. */
  WEBHOOKS_ALLOW_LOOPBACK?: string
  /** `on`: the desk's sign-in takes a key to fill in from its address. Local development only. */
  DEMO?: string
}

interface Env extends Secrets {}

declare namespace Cloudflare {
  interface Env extends Secrets {}
}
