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
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? '[]') as Unsent[]
  } catch {
    return []
  }
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
  try {
    sessionStorage.setItem(typedName, JSON.stringify({ id, fields }))
  } catch {
    // As below.
  }
}

/** Puts it back where that approval is open. */
export function restoreTyped(id: string | undefined): void {
  const { id: of, fields } = JSON.parse(sessionStorage.getItem(typedName) ?? '{}') as Partial<Unsent>
  if (of === undefined || of !== id) return
  sessionStorage.removeItem(typedName)
  for (const [name, value] of fields ?? []) {
    const field = document.querySelector<HTMLTextAreaElement>(`#decide textarea[name="${name}"]`)
    if (field) field.value = value
  }
}

function store(all: Unsent[]): void {
  try {
    sessionStorage.setItem(name, JSON.stringify(all))
  } catch {
    // Without a place to keep it, it is only not told later.
  }
}
