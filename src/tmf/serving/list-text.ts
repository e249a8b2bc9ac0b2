import { nextTurn } from '../../pace/turns.ts'

/** Shorter lists are written in one go. */
const SHORT = 100
const SLICE = 25

/** Writes a JSON array. Other work has its turn while a long one is written. */
export async function writeList<T>(elements: readonly T[], write: (element: T) => string): Promise<string | Buffer> {
  if (elements.length <= SHORT) return `[${elements.map(write).join()}]`
  const slices: Buffer[] = []
  for (let at = 0; at < elements.length; at += SLICE) {
    const text = elements
      .slice(at, at + SLICE)
      .map(write)
      .join()
    slices.push(Buffer.from(`${at === 0 ? '[' : ','}${text}`))
    await nextTurn()
  }
  return Buffer.concat([...slices, CLOSING])
}

const CLOSING = Buffer.from(']')
