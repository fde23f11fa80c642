// `npm run local-issuer`: an identity provider for this machine, to try sign-in with tokens.
//
//   curl "http://localhost:8790/token?sub=ada&name=Ada&roles=reviewer&groups=grp_finance"
//
// gives a token that lasts an hour: each parameter is a claim, `roles` and `groups` are lists with commas, and `aud`
// is `countersign` unless it is given. PORT says where it listens. Its key is a new one each time.
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

const port = Number(process.env.PORT ?? 8790)
const issuer = `http://localhost:${port}`
const { privateKey, publicKey } = await generateKeyPair('ES256')
const kid = crypto.randomUUID()
const keys = [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }]

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', issuer)
  const json = (body: object) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body))
  if (pathname === '/.well-known/openid-configuration') json({ issuer, jwks_uri: `${issuer}/keys` })
  else if (pathname === '/keys') json({ keys })
  else if (pathname === '/token') response.end(await token(Object.fromEntries(searchParams)))
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
