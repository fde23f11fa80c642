import { readBuilt } from '../built.ts'
import type { ToolSchemas } from './load-tool-schemas.ts'

let loading: Promise<ToolSchemas> | undefined

/** The JSON Schemas of the tools as they were made when the Worker was built (scripts/describe-api.ts). */
export async function loadToolSchemas(env: Env): Promise<ToolSchemas> {
  loading ??= readBuilt<ToolSchemas>(env, 'mcp-tools.json')
  try {
    return await loading
  } catch (error) {
    loading = undefined
    throw error
  }
}
