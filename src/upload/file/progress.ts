/** How far a file is read. */
export interface Progress {
  /** The row being read, from 1; 0 in a header. */
  row: number
}

/** Returns the place being read, as messages name it. */
export function placeOf({ row }: Progress): string {
  return row === 0 ? 'the header' : `row ${row}`
}
