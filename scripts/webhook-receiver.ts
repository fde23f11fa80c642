// `npm run webhook-receiver -- whsec_…`: prints what arrives, and whether its signature holds. For looking at webhooks
// locally; PORT (8788) says where it listens, STATUS (204) what it answers. A GET tells that it listens.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'

const port = Number(process.env.PORT ?? 8788)
const status = Number(process.env.STATUS ?? 204)
const secrets = process.argv.slice(2)

/** What can be said of a delivery's signature: with one of the secrets it holds, or why not. */
function verdict(body: string, headers: Record<string, string>): string {
  if (secrets.length === 0) return 'signature not checked: give the secret as an argument'
  const reasons = secrets.map((secret) => {
    try {
      new Webhook(secret).verify(body, headers)
      return null
    } catch (error) {
      return (error as Error).message
    }
  })
  return reasons.includes(null) ? 'signature holds' : `SIGNATURE DOES NOT HOLD: ${reasons[0]}`
}

const server = createServer(async (request, response) => {
  if (request.method !== 'POST') return void response.end(`Receiving webhooks.\n`)
  const body = await text(request)
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const at = new Date().toISOString()
  console.log(`\n${at}  ${headers['webhook-id'] ?? 'no webhook-id'}  ${verdict(body, headers)}  → ${status}`)
  try {
    console.log(JSON.stringify(JSON.parse(body), null, 2))
  } catch {
    console.log(body)
  }
  response.writeHead(status).end()
})

server.on('error', (error) => {
  console.error(`Cannot listen on port ${port}: ${error.message}. Set PORT to another.`)
  process.exit(1)
})
server.listen(port, '127.0.0.1', () => {
  console.log(`Receiving webhooks on http://localhost:${port} and answering ${status}. Ctrl-C stops it.`)
})
