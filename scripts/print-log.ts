import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import type { WorkerdStructuredLog } from 'miniflare'

/** `on`: a line to read for each request; `json`: as the Worker writes it; `off`: errors only. */
export const logModes = ['on', 'json', 'off'] as const
export type LogMode = (typeof logModes)[number]

/** What the Worker logs of a request. */
interface RequestEntry {
  method: string
  path: string
  operation?: string
  status: number
  code?: string
  ms: number
  user?: string
}

/** What it logs of a delivery that failed. */
interface DeliveryEntry {
  host: string
  event: string
  tries: number
  response_status: number | null
  error: string | null
}

/** Prints what the Worker and its runtime say. */
export function logPrinter(mode: LogMode) {
  return function print({ level, message, timestamp }: WorkerdStructuredLog, map: string): void {
    const entry = parsed(message)
    if (entry === null) return printed(timestamp, level, level === 'error' ? mapped(message, map) : message)
    if (mode === 'json') return console.log(message)
    const line = readable(entry)
    if (line !== null) console.log(`${clock(timestamp)}  ${line}`)
  }
}

/** One line of what the Worker logs as JSON; null where there is nothing to tell. */
export function readable(entry: { message: string }): string | null {
  if (entry.message === 'request') return requestLine(entry as never)
  if (entry.message === 'maintenance') return maintenanceLine(entry as never)
  if (entry.message === 'waited for decisions') return null
  if (entry.message === 'a webhook was not delivered') return deliveryLine(entry as never)
  return JSON.stringify(entry)
}

function requestLine({ method, path, operation, status, code, ms, user }: RequestEntry): string {
  return [`${status}  ${method} ${path}`, `${ms} ms`, operation, code, user].filter(Boolean).join('  ')
}

/** Only what was done, or went wrong: most minutes have nothing. */
function maintenanceLine({ done }: { done: Record<string, number | string> }): string | null {
  const told = Object.entries(done).filter(([, count]) => count !== 0)
  return told.length === 0 ? null : `cron  ${told.map(([job, count]) => `${job} ${count}`).join(', ')}`
}

function deliveryLine({ host, event, tries, response_status, error }: DeliveryEntry): string {
  return `webhook  ${event} to ${host} was not delivered (attempt ${tries}): ${error ?? `answered ${response_status}`}`
}

function parsed(message: string): { message: string } | null {
  if (!message.startsWith('{"message":')) return null
  try {
    return JSON.parse(message) as { message: string }
  } catch {
    return null
  }
}

/** Whatever is no entry: what a debugging `console.log` says, or an error, whole. */
function printed(timestamp: number, level: string, text: string): void {
  const write = level === 'error' || level === 'warn' ? console.error : console.log
  write(`${clock(timestamp)}  ${level}  ${text}`)
}

/** The text with each place in the bundle replaced by where it comes from. */
function mapped(text: string, map: string): string {
  // It is gone where the code has changed under a server that goes on.
  if (!text.includes('worker.js:') || !existsSync(map)) return text
  const sources = new SourceMap(JSON.parse(readFileSync(map, 'utf8')) as ConstructorParameters<typeof SourceMap>[0])
  return text.replaceAll(/[^\s(]*worker\.js:(\d+):(\d+)/g, (place: string, line: string, column: string) => {
    const origin = sources.findOrigin(Number(line), Number(column))
    return 'fileName' in origin ? `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}` : place
  })
}

function clock(timestamp: number): string {
  return new Date(timestamp).toTimeString().slice(0, 8)
}
