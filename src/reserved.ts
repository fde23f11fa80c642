import { allUnseen } from './unseen.ts'

/** Names with this prefix belong to the service itself, such as `system:expiry`. */
export const reserved = 'system:'

/** Whether a name looks like one of the service's own: with blanks, capitals, full-width or unseen characters, too. */
export function isReserved(name: string): boolean {
  const seen = name.normalize('NFKC').replaceAll(/\s/gu, '').replaceAll(allUnseen, '')
  return seen.toLowerCase().startsWith(reserved)
}
