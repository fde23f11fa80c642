import { appendFileSync } from 'node:fs'
import { Countersign } from '@countersign/client'
import { countersign } from '@countersign/client/ai-sdk'
import { tool, type ContentPart, type ToolSet } from 'ai'
import { z } from 'zod'

/** The service that `npm start` starts, and its demo key for services, unless the environment has others. */
export const client = new Countersign({
  baseUrl: process.env.COUNTERSIGN_URL ?? 'http://localhost:8787',
  key: process.env.COUNTERSIGN_KEY ?? 'cs_demo_service',
})

/** What an agent needs that may pay for an order: a tool, and that a person says yes first. */
export function paying(order: string) {
  const toolApproval = countersign({
    client,
    thread: order,
    ask: ({ input }) => ({ type: 'payment', title: `Pay ${(input as Payment).amount} for ${order}` }),
  })
  return { toolApproval, tools: toolApproval.tools({ pay }) }
}

/** What there is to say of the calls in a step: where a person decides, or why one is not asked about any more. */
export function reasonsIn(content: readonly ContentPart<ToolSet>[]): string[] {
  return content.flatMap((part) => ('reason' in part && part.reason !== undefined ? [part.reason] : []))
}

const payment = z.object({ order: z.string(), amount: z.number() })
type Payment = z.infer<typeof payment>

/** "Pays": a line in a file, so that each payment can be counted. */
const pay = tool({
  description: 'Pays for an order.',
  inputSchema: payment,
  execute: async ({ order, amount }) => {
    appendFileSync(process.env.PAYMENTS ?? 'payments.log', `${order} ${amount}\n`)
    return `Paid ${amount} for ${order}.`
  },
})
