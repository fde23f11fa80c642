import { env } from 'cloudflare:workers'

/** Has an approved request lapse in 1970, 5 ms after the epoch, as if that had been its time; no sweep has been by. */
export async function lapse(requestId: string): Promise<void> {
  await env.DB.batch(
    [
      'UPDATE requests SET redeem_within = 1 WHERE approval_id = ?',
      'UPDATE approvals SET decided_at = 4 WHERE id = ?',
      'UPDATE open_redemptions SET redeem_by = 5 WHERE approval_id = ?',
    ].map((statement) => env.DB.prepare(statement).bind(requestId)),
  )
}
