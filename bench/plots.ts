/* Plots as SVG: no library, a fixed size, and colours that are read on white and on black. */

const width = 720
const grey = '#8a8f98'
const colours = [
  '#3b7dd8',
  '#d9822b',
  '#3f9e6e',
  '#b04a9b',
  '#c8a415',
  '#5c6bc0',
  '#d64545',
  '#009aa6',
  '#7a7f87',
  '#94653b',
]

/** A bar for each number, with a line at 1. */
export function bars(title: string, values: readonly { label: string; value: number }[]): string {
  const most = Math.max(1.5, ...values.map(({ value }) => value))
  const x = (value: number) => 200 + (value / most) * (width - 280)
  const rows = values.map(({ label, value }, index) => {
    const y = 50 + index * 28
    return (
      text(190, y + 14, label, 'end') +
      `<rect x="200" y="${y}" width="${(x(value) - 200).toFixed(1)}" height="18" fill="${colours[0]}"/>` +
      text(x(value) + 6, y + 14, value.toFixed(2))
    )
  })
  const bottom = 50 + values.length * 28
  const one = `<line x1="${x(1)}" x2="${x(1)}" y1="40" y2="${bottom}" stroke="${grey}" stroke-dasharray="4 3"/>`
  return svg(bottom + 10, text(10, 24, title) + one + rows.join(''))
}

/** A line for each series over sizes that are powers of ten. */
export function lines(
  title: string,
  sizes: readonly number[],
  series: readonly { label: string; values: readonly number[] }[],
): string {
  const most = Math.max(...series.flatMap(({ values }) => values))
  const first = Math.log10(sizes[0] ?? 1)
  const decades = Math.log10(sizes.at(-1) ?? 10) - first
  const x = (size: number) => 60 + ((Math.log10(size) - first) / decades) * 340
  const y = (value: number) => 300 - (value / most) * 240
  const drawn = series.map(({ label, values }, index) => {
    const points = values.map((value, at) => `${x(sizes[at] ?? 1).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
    const colour = colours[index % colours.length]
    const legend = `<rect x="430" y="${50 + index * 22}" width="12" height="12" fill="${colour}"/>`
    const line = `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>`
    return line + legend + text(448, 61 + index * 22, label, 'start', 11)
  })
  const ticks = sizes.map((size) => text(x(size), 320, size.toLocaleString('en'), 'middle', 11))
  const scale = text(52, y(most) + 4, Math.round(most).toLocaleString('en'), 'end', 11) + text(52, 304, '0', 'end', 11)
  const axes = `<path d="M60 50V300H410" fill="none" stroke="${grey}"/>`
  return svg(
    Math.max(330, 60 + series.length * 22),
    text(10, 24, title) + axes + scale + ticks.join('') + drawn.join(''),
  )
}

function text(x: number, y: number, content: string, anchor = 'start', size = 13): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" font-size="${size}" fill="${grey}">${escaped}</text>`
}

function svg(height: number, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif">${content}</svg>\n`
}
