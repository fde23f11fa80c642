// `npm run local-issuer`: an identity provider for this machine, to try sign-in with tokens.
//
//   curl "http://localhost:8790/token?sub=ada&name=Ada&roles=reviewer&groups=grp_finance"
//
// gives a token that lasts an hour: each parameter is a claim, `roles` and `groups` are lists with commas, and `aud`
// is `countersign` unless it is given. With OIDC_CLIENT_ID=desk the desk sends people here to sign in; they may be
// whoever they say. PORT says where it listens. Its key is a new one each time.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

const port = Number(process.env.PORT ?? 8790)
const issuer = `http://localhost:${port}`
const { privateKey, publicKey } = await generateKeyPair('ES256')
const kid = crypto.randomUUID()
const keys = [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }]

/** What was asked for with a code that has not been redeemed, and what was said. */
const codes = new Map<string, Record<string, string>>()

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', issuer)
  const asked = Object.fromEntries(searchParams)
  const json = (body: object) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body))
  if (pathname === '/.well-known/openid-configuration') {
    const [authorization_endpoint, token_endpoint] = [`${issuer}/authorize`, `${issuer}/redeem`]
    json({ issuer, jwks_uri: `${issuer}/keys`, authorization_endpoint, token_endpoint })
  } else if (pathname === '/keys') json({ keys })
  else if (pathname === '/token') response.end(await token(asked))
  else if (pathname === '/authorize' && asked.sub) response.writeHead(302, { Location: back(asked) }).end()
  else if (pathname === '/authorize') response.setHeader('Content-Type', 'text/html').end(form(asked))
  else if (pathname === '/redeem') json(await redeem(request))
  else response.writeHead(404).end()
})
server.listen(port, 'localhost', () => console.log(`An issuer is ready on ${issuer}; Ctrl-C stops it.`))

function token({ roles, groups, ...claims }: Record<string, string>): Promise<string> {
  const lists = { ...(roles && { roles: roles.split(',') }), ...(groups && { groups: groups.split(',') }) }
  return new SignJWT({ aud: 'countersign', sub: 'somebody', ...claims, ...lists })
    .setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' })
    .setIssuer(issuer)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey)
}

function form(asked: Record<string, string>): string {
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
  const kept = Object.entries(asked).map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  )
  return `<!doctype html><html lang="en"><title>Local issuer</title><h1>Who are you?</h1><form>${kept.join('')}
    <p><label>Subject <input name="sub" value="ada" required></label>
    <p><label>Name <input name="name" value="Ada"></label>
    <p><label>Roles <input name="roles" value="reviewer"></label>
    <p><button>Sign in</button></form>`
}

function back(asked: Record<string, string>): string {
  const code = crypto.randomUUID()
  codes.set(code, asked)
  const { redirect_uri = '', state = '' } = asked
  return `${redirect_uri}?${new URLSearchParams({ code, state }).toString()}`
}

/** The ID token for a code, once, for whoever knows what its challenge was made of (RFC 7636). */
async function redeem(request: IncomingMessage): Promise<object> {
  const { code = '', code_verifier = '' } = Object.fromEntries(new URLSearchParams(await text(request)))
  const asked = codes.get(code)
  codes.delete(code)
  const challenge = createHash('sha256').update(code_verifier).digest('base64url')
  if (asked?.code_challenge !== challenge) return { error: 'invalid_grant' }
  const { sub = '', name = '', roles = '', nonce = '', client_id = '' } = asked
  const id_token = await token({ sub, name, roles, nonce, aud: client_id })
  return { token_type: 'Bearer', access_token: crypto.randomUUID(), id_token }
}
