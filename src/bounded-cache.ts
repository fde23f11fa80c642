/**
 * What an isolate remembers, up to a total weight; what has not been asked for longest is forgotten first. What weighs
 * more than the whole is not kept at all.
 */
export class BoundedCache<V> {
  /** In the order in which they were last asked for. */
  private readonly entries = new Map<string, { value: V; weight: number }>()
  private held = 0
  readonly most: number
  private readonly weigh: (value: V) => number

  /**
   * @param most how much all that is kept may weigh together
   * @param weigh what one weighs; without it each is one, and `most` is how many are kept
   */
  constructor(most: number, weigh: (value: V) => number = () => 1) {
    this.most = most
    this.weigh = weigh
  }

  /** How much all that is kept weighs. */
  get weight(): number {
    return this.held
  }

  get(key: string): V | undefined {
    const entry = this.entries.get(key)
    if (!entry) return undefined
    this.entries.delete(key)
    this.entries.set(key, entry)
    return entry.value
  }

  set(key: string, value: V): void {
    this.delete(key)
    const weight = this.weigh(value)
    if (weight > this.most) return
    this.entries.set(key, { value, weight })
    this.held += weight
    for (const oldest of this.entries.keys()) {
      if (this.held <= this.most) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const entry = this.entries.get(key)
    if (!entry) return
    this.entries.delete(key)
    this.held -= entry.weight
  }

  clear(): void {
    this.entries.clear()
    this.held = 0
  }
}
