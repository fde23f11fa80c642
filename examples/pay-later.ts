// The same, over a restart: nobody waits, and any process goes on. What was said is kept in a file for each order.
//
//   node examples/pay-later.ts ask o_1001 4990    asks, and ends
//   node examples/pay-later.ts go-on o_1001       goes on, if a person has decided by now
//   node examples/pay-later.ts listen whsec_…     goes on by itself whenever a webhook tells that one has (PORT, 8789)
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { verifyWebhook } from '@countersign/client'
import { generateText, type ModelMessage } from 'ai'
import { paying, reasonsIn } from './agent.ts'
import { model } from './model.ts'

const folder = process.env.THREADS ?? 'threads'
const fileOf = (order: string) => join(folder, `${encodeURIComponent(order)}.json`)

/** Whole or not at all, whenever the process ends. */
function keep(order: string, messages: ModelMessage[]): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${fileOf(order)}.new`, JSON.stringify(messages))
  renameSync(`${fileOf(order)}.new`, fileOf(order))
}

async function ask(order: string, amount: string): Promise<void> {
  const messages: ModelMessage[] = [{ role: 'user', content: `Pay ${amount} for ${order}, please.` }]
  await step(order, messages)
}

async function goOn(order: string): Promise<void> {
  if (!existsSync(fileOf(order))) throw new Error(`Nobody has asked for ${order}: ask ORDER AMOUNT comes first.`)
  const messages = JSON.parse(readFileSync(fileOf(order), 'utf8')) as ModelMessage[]
  if (messages.at(-1)?.role === 'assistant' && !isOpen(messages)) return console.log(`${order} is done.`)
  const resumed = await paying(order).toolApproval.resume(messages)
  if (resumed === null) return console.log(`${order} is not decided.`)
  await step(order, resumed)
}

async function step(order: string, messages: ModelMessage[]): Promise<void> {
  const { responseMessages, content, text } = await generateText({ model, messages, ...paying(order) })
  keep(order, [...messages, ...responseMessages])
  for (const reason of reasonsIn(content)) console.log(reason)
  if (text !== '') console.log(text)
}

function isOpen(messages: readonly ModelMessage[]): boolean {
  const content = messages.at(-1)?.content ?? ''
  return typeof content !== 'string' && content.some(({ type }) => type === 'tool-approval-request')
}

function listen(secret: string): void {
  const server = createServer(async (request, response) => {
    try {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      const { data } = await verifyWebhook({ headers, body: await textOf(request) }, secret)
      // The message says where we were, and wakes us; what was decided, the service says.
      if (data.state && existsSync(fileOf(data.state))) await goOn(data.state)
      response.writeHead(204).end()
    } catch (error) {
      console.error(error)
      response.writeHead(500).end()
    }
  })
  const port = Number(process.env.PORT ?? 8789)
  server.listen(port, () => console.log(`Listening on http://localhost:${port}`))
}

const [command, one, other] = process.argv.slice(2)
try {
  if (command === 'ask' && one !== undefined && /^\d+$/.test(other ?? '')) await ask(one, other!)
  else if (command === 'go-on' && one !== undefined) await goOn(one)
  else if (command === 'listen' && one !== undefined) listen(one)
  else throw new Error('Usage: node examples/pay-later.ts ask ORDER AMOUNT | go-on ORDER | listen SECRET')
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
