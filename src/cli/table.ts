const GAP = '  '
const CONTROL = /\p{Cc}/gu

export function alignColumns(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map((text) => text.replace(CONTROL, '\ufffd')))
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => lengthOf(row[column] ?? ''))))
  return shown
    .map((row) =>
      row
        .map((text, column) => padded(text, widths[column] ?? 0))
        .join(GAP)
        .trimEnd()
    )
    .join('\n')
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(width - lengthOf(text))
}

/** In characters, not in UTF-16 units. */
function lengthOf(text: string): number {
  return [...text].length
}
