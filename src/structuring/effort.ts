/**
 * A bound on the work that one result may cause, in units of some nanoseconds. It counts rather than looks at a clock,
 * so that the same data comes out the same each time. The whole of it is below a second.
 */
export class Effort {
  constructor(private left = 20_000_000) {}

  /** Whether there is enough left; takes it where there is. */
  takes(units: number): boolean {
    if (units > this.left) return false
    this.left -= units
    return true
  }
}

/** Why a check fails whose work would be beyond the bound. */
export const tooMuchWork =
  'judging this takes more work than is allowed; make the data, the pattern or the schema smaller'
