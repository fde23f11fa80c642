import type { Random } from './random.ts'

/** `req_01k…`, `APR-7Q2X`, and whatever else is called by a prefix. */
const pattern = /^([a-z]{2,9}_|APR-)[0-9a-zA-Z]+$/

/** How many of a prefix are kept: the newest. */
const most = 300

/** Ids that answers have shown, to be used where a request asks for one alike. */
export class Ids {
  private readonly byPrefix = new Map<string, string[]>()

  /** Notes all ids in an answer, but those of the people and keys with which the run itself works. */
  note(value: unknown): void {
    if (typeof value === 'string') {
      const [, prefix] = pattern.exec(value) ?? []
      if (prefix === undefined || prefix === 'cs_' || isOurs(value)) return
      const known = this.byPrefix.get(prefix) ?? []
      if (known.length >= most) known.shift()
      known.push(value)
      this.byPrefix.set(prefix, known)
    } else if (typeof value === 'object' && value !== null) {
      for (const one of Object.values(value).slice(0, 50)) this.note(one)
    }
  }

  /** One like the example that an operation shows; the example itself where none is known, or now and then. */
  like(random: Random, example: string): string {
    const known = this.byPrefix.get(pattern.exec(example)?.[1] ?? '')
    if (known && random.chance(0.8)) return random.pick(known)
    return isOurs(example) ? `${example}_not` : example
  }

  /** The same, with ids that are known in the place of examples. */
  within(random: Random, value: unknown): unknown {
    if (typeof value === 'string') {
      // Nothing is ever sent to where an example points.
      return pattern.test(value) ? this.like(random, value) : value.replace('example.com', 'example.invalid')
    }
    if (Array.isArray(value)) return value.map((one) => this.within(random, one))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.within(random, one)]))
  }
}

/** Whether somebody works with it here, so that nobody may disable or revoke it. */
function isOurs(id: string): boolean {
  return (
    /^(usr|key_demo)_(admin|coord99|coordinator|member|reviewer|service|other)/.test(id) || id === 'key_other_admin'
  )
}
