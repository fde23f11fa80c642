// An agent in a process of its own, which may be killed at any moment and started again: it pays for each of the orders
// that it is told, after a yes. What was said is in a file for each; a payment is a line in the ledger (PAYMENTS).
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { generateText, type ModelMessage } from 'ai'
import { paying } from '../../examples/agent.ts'
import { model } from '../../examples/model.ts'

const [folder = '', ...orders] = process.argv.slice(2)
await Promise.all(orders.map((order) => until(() => work(order))))
console.log('all done')

/** Goes on after whatever goes wrong, until it is done. */
async function until(step: () => Promise<boolean>): Promise<void> {
  while (!(await step().catch(() => false))) await sleep(50)
}

/** One step of a conversation; whether it was the last. */
async function work(order: string): Promise<boolean> {
  const file = join(folder, `${order}.json`)
  const { tools, toolApproval } = paying(order)
  let messages: ModelMessage[] | null = [{ role: 'user', content: `Pay 4990 for ${order}, please.` }]
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as ModelMessage[]
    if (JSON.stringify(kept.at(-1)).includes('"type":"text"')) return true
    messages = await toolApproval.resume(kept, { wait: 60_000 })
    if (messages === null) return false
  }
  const { responseMessages, text } = await generateText({ model, messages, tools, toolApproval, maxRetries: 0 })
  writeFileSync(`${file}.new`, JSON.stringify([...messages, ...responseMessages]))
  renameSync(`${file}.new`, file)
  return text !== ''
}
