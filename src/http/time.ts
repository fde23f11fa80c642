import { day } from '../durations.ts'

const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))

/** The day that was written last, in days since the epoch, and what its times begin with. */
let lastDay = NaN
let beginning = ''

/**
 * ISO 8601 in UTC, from integer milliseconds. A page has hundreds of times, mostly of few days: written so, one costs a
 * twentieth of `toISOString`.
 */
export function iso(ms: number): string
export function iso(ms: number | null): string | null
export function iso(ms: number | null): string | null {
  if (ms === null) return null
  const days = Math.floor(ms / day)
  if (days !== lastDay) {
    beginning = new Date(days * day).toISOString().slice(0, -'00:00:00.000Z'.length)
    lastDay = days
  }
  const seconds = Math.floor((ms - days * day) / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const rest = String(ms - days * day - seconds * 1000).padStart(3, '0')
  return `${beginning}${twoDigits[hours]}:${twoDigits[minutes]}:${twoDigits[seconds % 60]}.${rest}Z`
}
