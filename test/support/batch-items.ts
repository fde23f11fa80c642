/**
 * SQL, for a FROM clause: what was submitted in batches and what became of it, a row an item; `decision` is null where
 * nothing has yet.
 */
export const batchItems = `(
  SELECT i.batch_id, i.position + m.key AS position, m.value AS claim_id, CASE WHEN r.position IS NOT NULL THEN
    iif(r.errors ->> ('$[' || (i.position + m.key - r.position) || ']') IS NULL, 'approved', 'rejected') END AS decision
  FROM batch_items i CROSS JOIN json_each(i.claim_ids) AS m LEFT JOIN batch_results r
    ON r.batch_id = i.batch_id AND i.position + m.key BETWEEN r.position AND r.position + r.size - 1)`
