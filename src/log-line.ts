/** Logs one line of JSON: the platform indexes its members, and locally it stays one line. */
export function logLine(entry: { message: string; [member: string]: unknown }): void {
  console.log(JSON.stringify(entry))
}
