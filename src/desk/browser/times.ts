import { relativeTime } from '../relative-time.ts'

/** Says anew how far times are from now. */
export function tellTimes(within: ParentNode): void {
  for (const time of within.querySelectorAll('time')) {
    const text = relativeTime(Date.parse(time.dateTime), Date.now())
    if (time.textContent !== text) time.textContent = text
  }
}

/** Does so every so often. */
export function keepTimes(): void {
  setInterval(() => tellTimes(document), 10_000)
}
