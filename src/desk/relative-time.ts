const units = [
  [24 * 3_600_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const

/**
 * How far a time is from now, as one says it: "in 42 min", "3 s ago". The browser says it anew as time goes on, with
 * this.
 */
export function relativeTime(at: number, now: number): string {
  const away = Math.abs(at - now)
  for (const [ms, unit] of units) {
    const count = Math.floor(away / ms)
    if (count >= 1 && (unit !== 's' || count >= 2)) return at > now ? `in ${count} ${unit}` : `${count} ${unit} ago`
  }
  return at > now ? 'in a moment' : 'just now'
}
