/**
 * The SQL that a TypeScript source writes: the texts of its sql`…` and sql.raw(`…`) templates, nested ones apart, with
 * a question mark for whatever is put into them.
 */
export function sqlTexts(source: string): string[] {
  const texts: string[] = []
  let at = 0

  function skipTo(end: string): void {
    const found = source.indexOf(end, at)
    at = found === -1 ? source.length : found + end.length
  }

  /** Reads code up to the brace that closes it, or to the end. */
  function readCode(): void {
    for (let depth = 0; at < source.length;) {
      const char = source[at]!
      if (source.startsWith('//', at)) skipTo('\n')
      else if (source.startsWith('/*', at)) skipTo('*/')
      else if (char === '`') readTemplate(/\bsql(<[^>]*>)?(\.raw\()?$/.test(source.slice(0, at)))
      else {
        at += 1
        if (char === "'" || char === '"') skipTo(char)
        if (char === '{') depth += 1
        if (char === '}' && depth-- === 0) return
      }
    }
  }

  function readTemplate(isSql: boolean): void {
    let text = ''
    for (at += 1; at < source.length && source[at] !== '`';) {
      if (source.startsWith('${', at)) {
        at += 2
        readCode()
        text += '?'
      } else {
        text += source[at]
        at += 1
      }
    }
    at += 1
    if (isSql) texts.push(text)
  }

  readCode()
  return texts
}
