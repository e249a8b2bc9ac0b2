/** Numbered from 1; without bytes if longer than allowed. */
export interface Line {
  readonly number: number
  readonly bytes: Buffer | undefined
}

/** Cuts parts out of a stream, whose chunks come one by one. */
export interface Cutter {
  /** Takes a chunk. Returns the parts that end in it. */
  readonly add: (chunk: Buffer) => Iterable<Line>
  /** Takes the end of the stream. Returns what is left. */
  readonly end: () => Iterable<Line>
  /** The part that goes on is too long already. */
  readonly isTooLong: () => boolean
}

export const SPACE = 0x20

/** Joins pieces of a part. Keeps no byte of more than `maxBytes`. */
export function collector(maxBytes: number) {
  let held: Buffer[] = []
  let heldBytes = 0
  return {
    add: (piece: Buffer): void => {
      heldBytes += piece.length
      if (heldBytes <= maxBytes) held.push(piece)
      else held = []
    },
    isEmpty: () => heldBytes === 0,
    isTooLong: () => heldBytes > maxBytes,
    /** Returns the part and begins the next; undefined if it was too long. */
    take: (): Buffer | undefined => {
      const [first] = held
      const bytes = first && held.length === 1 ? first : Buffer.concat(held)
      const isWhole = heldBytes <= maxBytes
      held = []
      heldBytes = 0
      return isWhole ? bytes : undefined
    }
  }
}

export function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte <= SPACE)
}
