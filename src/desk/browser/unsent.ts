/** A decision that was being sent: nobody knows here whether it arrived. */
export interface Unsent {
  id: string
  vote: string
  title: string
  /** All that its form had. */
  fields: [name: string, value: string][]
}

const name = 'countersign:unsent'

/** Those of this tab, also after it has been to other pages. */
export function unsent(): Unsent[] {
  return read<Unsent[]>(name) ?? []
}

export function keepUnsent(one: Unsent): void {
  store([...unsent().filter(({ id }) => id !== one.id), one])
}

export function forgetUnsent(id: string): void {
  store(unsent().filter((one) => one.id !== id))
}

const typedName = 'countersign:typed'

/** Keeps what was typed into the form of an approval over the next page. */
export function keepTyped(id: string, fields: Unsent['fields']): void {
  write(typedName, { id, fields })
}

/** Puts it back where that approval is open. */
export function restoreTyped(id: string | undefined): void {
  const { id: of, fields } = read<Partial<Unsent>>(typedName) ?? {}
  if (of === undefined || of !== id) return
  write(typedName, {})
  for (const [name, value] of fields ?? []) {
    const field = document.querySelector<HTMLTextAreaElement>(`#decide textarea[name="${name}"]`)
    if (field) field.value = value
  }
}

function store(all: Unsent[]): void {
  write(name, all)
}

/** Whoever signs out leaves nothing behind. */
export function forgetAll(): void {
  for (const one of [name, typedName]) write(one, null)
}

function read<T>(key: string): T | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') as T | null
  } catch {
    return null
  }
}

function write(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Without a place to keep it, it is only not there later.
  }
}
