import { relativeTime } from '../relative-time.ts'

/** Says anew how far times are from now, every so often. */
export function keepTimes(): void {
  setInterval(() => {
    for (const time of document.querySelectorAll('time')) {
      const text = relativeTime(Date.parse(time.dateTime), Date.now())
      if (time.textContent !== text) time.textContent = text
    }
  }, 10_000)
}
