/*
 * What the bundle has of Zod's converters to JSON Schema (scripts/bundle-worker.ts): how the checks of a schema are
 * read, and not the converters, on which the SDK would fall back for tools that do not bring a JSON Schema.
 */

// By its path, because the package exports it to nobody.
export { aggregateChecks } from '../../node_modules/zod/v4/core/json-schema-processors.js'
export const toJSONSchema = undefined
