import { createApp } from './app.ts'
import { maintain } from './maintenance/maintain.ts'

export { BatchRunner } from './objects/batch-runner.ts'
export { DecisionWatch } from './objects/decision-watch.ts'
export { HistorySealer } from './objects/history-sealer.ts'
export { WebhookSender } from './objects/webhook-sender.ts'

const app = createApp()

export default {
  fetch: app.fetch,
  scheduled: (controller, env) => maintain(env, controller.scheduledTime),
} satisfies ExportedHandler<Env>
