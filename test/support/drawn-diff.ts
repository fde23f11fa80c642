import { Diff } from '../../src/desk/diff.tsx'

/** The fields that differ between two JSON texts, as a page has them. */
export function drawnDiff(before: string | null, after: string | null): string {
  return String(Diff({ before, after }))
}

/** The rows of that: a label and two values each, as one reads them. */
export function rowsOf(html: string): string[][] {
  const rows = [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].slice(1)
  return rows.map(([row]) => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => read(cell!)))
}

function read(html: string): string {
  const text = html.replaceAll(/<[^>]+>/g, '')
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }
  return text.replaceAll(/&(\w+|#39);/g, (_, name: string) => entities[name]!)
}
