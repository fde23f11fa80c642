/*
 * What the SDK takes from its runtime. Its validator of JSON Schemas is for answers to forms, of which no tool asks for
 * one: tools validate with their own schemas.
 */

/** Left out: 7 KiB of the upload. */
export class DefaultJsonSchemaValidator {
  getValidator(): never {
    throw new Error('No tool asks for a form.')
  }
}
