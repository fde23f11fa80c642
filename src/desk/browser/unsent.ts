/** A decision that was being sent: nobody knows here whether it arrived. */
export interface Unsent {
  id: string
  /** Where its form is sent to. */
  action: string
  vote: string
  title: string
  /** All that its form had. */
  fields: Fields
  /** Why it was refused, if it was. */
  fault?: string
}

export type Fields = [name: string, value: string][]

let isForgotten = false

/** Whose page it is; where nobody is signed in, whose the one before was. What is kept here is told to nobody else. */
const readerName = 'countersign:reader'
const shownTo = document.querySelector<HTMLElement>('[data-reader]')?.dataset.reader
const reader = shownTo ?? read<string>(readerName) ?? ''
write(readerName, reader)
const unsentName = `countersign:unsent:${reader}`
const typedName = `countersign:typed:${reader}`

/** Those of this tab, also after it has been to other pages. */
export function unsent(): Unsent[] {
  return read<Unsent[]>(unsentName) ?? []
}

export function keepUnsent(one: Unsent): void {
  write(unsentName, [...unsent().filter(({ id }) => id !== one.id), one])
}

export function forgetUnsent(id: string): void {
  write(
    unsentName,
    unsent().filter((one) => one.id !== id),
  )
}

/** Keeps what was typed into the form of an approval, also over other pages; nothing where nothing was. */
export function keepTyped(id: string, fields: Fields): void {
  const { [id]: _, ...others } = read<Record<string, Fields>>(typedName) ?? {}
  write(typedName, fields.length > 0 ? { ...others, [id]: fields } : others)
}

/** What was, which is kept no longer. */
export function takeTyped(id: string): Fields {
  const found = read<Record<string, Fields>>(typedName)?.[id] ?? []
  if (found.length > 0) keepTyped(id, [])
  return found
}

/** Whoever signs out leaves nothing behind, nor does this page from then on. */
export function forgetAll(): void {
  for (const one of [readerName, unsentName, typedName]) write(one, null)
  isForgotten = true
}

function read<T>(key: string): T | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') as T | null
  } catch {
    return null
  }
}

function write(key: string, value: unknown): void {
  if (isForgotten) return
  try {
    sessionStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Without a place to keep it, it is only not there later.
  }
}
