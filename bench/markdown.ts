import { median } from './median.ts'

/** A table of GitHub's Markdown, numbers on the right. */
export function table(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [line(titles), line(titles.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

export const micros = (values: readonly number[]) => Math.round(median(values))
export const rate = (values: readonly number[]) => Math.round(median(values)).toLocaleString('en')
