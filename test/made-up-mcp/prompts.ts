import type { McpServer } from '@modelcontextprotocol/server'
import { embedded, image, text, texts } from './samples.ts'

const user = <C>(content: C) => ({ role: 'user' as const, content })

export function registerPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'Takes nothing.' }, () => ({
    messages: [user(text('This is a simple prompt for testing.'))],
  }))
  const two = { description: 'Takes two texts.', argsSchema: texts('arg1', 'arg2') }
  server.registerPrompt('test_prompt_with_arguments', two, ({ arg1, arg2 }) => ({
    messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
  }))
  const one = { description: 'Shows a resource.', argsSchema: texts('resourceUri') }
  server.registerPrompt('test_prompt_with_embedded_resource', one, ({ resourceUri }) => ({
    messages: [
      user(embedded(resourceUri, 'Embedded resource content for testing.')),
      user(text('Please process the embedded resource above.')),
    ],
  }))
  server.registerPrompt('test_prompt_with_image', { description: 'Shows an image.' }, () => ({
    messages: [user(image), user(text('Please analyze the image above.'))],
  }))
}
