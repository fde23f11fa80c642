const utf8 = new TextEncoder()

/** The SHA-256 of a text, as UTF-8, in lower-case hexadecimal. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', utf8.encode(text))
  return new Uint8Array(digest).toHex()
}
