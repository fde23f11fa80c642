/*
 * What the bundle has instead of `@asteasolutions/zod-to-openapi` (scripts/bundle-worker.ts): its document was made
 * beforehand, so schemas and routes need not remember what is said of them.
 */

type Extended = { ZodType: { prototype: { openapi(): unknown } } }

export function extendZodWithOpenApi(z: Extended): void {
  z.ZodType.prototype.openapi = function openapi() {
    return this
  }
}

export class OpenAPIRegistry {
  readonly definitions = []
  registerPath(): void {}
  registerWebhook(): void {}
}

/** Nobody makes a document with these. */
export const OpenApiGeneratorV3 = undefined
export const OpenApiGeneratorV31 = undefined
export const getOpenApiMetadata = undefined
