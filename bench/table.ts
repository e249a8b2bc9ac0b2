/** Aligns the first column to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows]
  const widths = head.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  const padded = lines.map((line) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
  )
  const rule = widths.map((width) => '-'.repeat(width))
  return [padded[0], rule, ...padded.slice(1)].map((line) => line?.join('  ').trimEnd()).join('\n')
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en')
export const decimal = (value: number): string => value.toFixed(2)
export const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`
