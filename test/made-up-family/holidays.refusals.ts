import type { Explained } from '../../src/refusal.ts'

export const holidayRefusals = {
  too_many_days: [409, 'Nobody has so many days off', 'Ask for at most 30.'],
} as const satisfies Record<string, Explained>

declare module '../../src/refusal.ts' {
  interface Explanations extends Record<keyof typeof holidayRefusals, Explained> {}
}
