/**
 * A limit on the work that one result may cause, in units of a few nanoseconds. It counts instead of looking at a
 * clock, so that the same data always gives the same outcome. The whole budget is less than a second.
 */
export class Effort {
  constructor(private left = 20_000_000) {}

  /** Takes that much, if there is enough left; says whether there was. */
  takes(units: number): boolean {
    if (units > this.left) return false
    this.left -= units
    return true
  }
}

/** Why a check fails that would take more work than the limit allows. */
export const tooMuchWork =
  'judging this takes more work than is allowed; make the data, the pattern or the schema smaller'
