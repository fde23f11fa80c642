import { oas } from '@stoplight/spectral-rulesets'

/** Every rule that Spectral has for OpenAPI. */
export default { extends: [oas], rules: {} }
