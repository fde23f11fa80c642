import type { Caller } from './tenant.ts'

/** Makes a check; its id. */
export async function newCheck(admin: Caller, body: object): Promise<string> {
  const made = await admin('/v1/structuring/checks', { method: 'POST', body: { name: 'Check', ...body } })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  return made.body.id
}

/** Makes a gate; its id. */
export async function newGate(admin: Caller, body: object): Promise<string> {
  const made = await admin('/v1/structuring/gates', { method: 'POST', body: { name: 'Gate', ...body } })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  return made.body.id
}

/** A gate that holds up what has no `total`, or one above a million. */
export async function invoiceGate(admin: Caller, body: object = {}): Promise<string> {
  const check_ids = [
    await newCheck(admin, { type: 'value_range', config: { field: 'total', max: 1_000_000 }, severity: 'warning' }),
    await newCheck(admin, { type: 'required_field', config: { field: 'invoice' } }),
  ]
  return newGate(admin, { check_ids, ...body })
}

/** Submits a result that is held up by both checks of `invoiceGate`; its id. */
export async function heldResult(call: Caller, gate_id: string, body: object = {}): Promise<string> {
  const submitted = await call('/v1/structuring/results', {
    method: 'POST',
    body: { gate_id, data: { total: 1_500_000 }, ...body },
  })
  if (submitted.body.status !== 'pending') throw new Error(JSON.stringify(submitted.body))
  return submitted.body.id
}
