import type { McpServer } from '@modelcontextprotocol/server'
import type { Sdk } from '../../src/mcp/make-server.ts'
import { png } from './samples.ts'

export function registerResources(sdk: Sdk, server: McpServer): void {
  const plain = { description: 'A text.', mimeType: 'text/plain' }
  server.registerResource('static-text', 'test://static-text', plain, ({ href }) => ({
    contents: [{ uri: href, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  }))
  const binary = { description: 'An image.', mimeType: 'image/png' }
  server.registerResource('static-binary', 'test://static-binary', binary, ({ href }) => ({
    contents: [{ uri: href, mimeType: 'image/png', blob: png }],
  }))
  const template = new sdk.ResourceTemplate('test://template/{id}/data', {
    list: undefined,
    complete: { id: (begun) => ['123', '124', '200'].filter((id) => id.startsWith(begun)) },
  })
  const data = { description: 'Data by its id.', mimeType: 'application/json' }
  server.registerResource('template', template, data, ({ href }, { id }) => {
    const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` })
    return { contents: [{ uri: href, mimeType: 'application/json', text }] }
  })
}
