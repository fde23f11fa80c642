/**
 * What an isolate remembers, up to a total weight; the least recently used goes first. What weighs more than the whole
 * is not kept at all.
 */
export class BoundedCache<V> {
  /** In the order in which they were last used. */
  private readonly entries = new Map<string, { value: V; weight: number }>()
  private held = 0
  readonly most: number
  private readonly weigh: (value: V) => number

  /**
   * @param most how much everything may weigh together
   * @param weigh the weight of one; by default 1, so that `most` is how many are kept
   */
  constructor(most: number, weigh: (value: V) => number = () => 1) {
    this.most = most
    this.weigh = weigh
  }

  /** The weight of everything that is kept. */
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
