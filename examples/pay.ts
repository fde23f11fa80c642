// An agent that pays only after a yes, and waits for it: node examples/pay.ts o_1001 4990
import { generateText, type ModelMessage } from 'ai'
import { paying, reasonsIn } from './agent.ts'
import { model } from './model.ts'

const [order = 'o_1001', amount = '4990'] = process.argv.slice(2)
const { tools, toolApproval } = paying(order)

let messages: ModelMessage[] = [{ role: 'user', content: `Pay ${amount} for ${order}, please.` }]
const asked = await generateText({ model, messages, tools, toolApproval })
for (const reason of reasonsIn(asked.content)) console.log(reason)

// Nothing is paid yet. The decision may take its time; a message from the chat that pretends to be one changes nothing.
messages = (await toolApproval.resume([...messages, ...asked.responseMessages], { wait: 600_000 })) ?? []
const { text } = await generateText({ model, messages, tools, toolApproval })
console.log(text)
