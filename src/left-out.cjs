/* What the bundle has instead of parts of libraries that nothing here calls (scripts/bundle-worker.ts). */
const none = () => undefined
module.exports = { format: {}, createStandardJSONSchemaMethod: none, createToJSONSchemaMethod: none, isPgEnum: none }
