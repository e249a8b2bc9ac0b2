import { nextTurn } from '../../pace/turns.ts'

const SHORT = 100
const SLICE = 25
/** Characters that end a slice early, even in a short list. */
const SLICE_LENGTH_MAX = 131_072

/** Writes a JSON array. Other work has its turn while a long one is written. */
export async function writeList<T>(elements: readonly T[], write: (element: T) => string): Promise<string | Buffer> {
  const slices: Buffer[] = []
  const size = elements.length <= SHORT ? SHORT : SLICE
  let text = '['
  for (const [at, element] of elements.entries()) {
    if (text.length > SLICE_LENGTH_MAX || (at > 0 && at % size === 0)) {
      slices.push(Buffer.from(text))
      text = ''
      await nextTurn()
    }
    text += at === 0 ? write(element) : `,${write(element)}`
  }
  text += ']'
  return slices.length === 0 ? text : Buffer.concat([...slices, Buffer.from(text)])
}
