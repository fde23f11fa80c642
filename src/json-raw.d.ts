interface JSON {
  /** A JSON text that `JSON.stringify` puts in as it is (https://github.com/tc39/proposal-json-parse-with-source). */
  rawJSON(text: string): object
}
