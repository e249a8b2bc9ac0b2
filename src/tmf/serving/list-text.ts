import { nextTurn } from '../../pace/turns.ts'

const SHORT = 100
const SLICE = 25
/** Characters that end a slice early, even in a short list. */
const SLICE_LENGTH_MAX = 131_072
const TEXT_LENGTH_MAX = 32_768

/** Writes a JSON array. Other work has its turn while a long one is written. */
export function writeList<T>(elements: readonly T[], write: (element: T) => string): Promise<string | Buffer> {
  return writeTexts(slicesOf(elements, write))
}

/** Writes a JSON array of elements that come in parts, each of which is small enough for one turn. */
export function writeParts<T>(
  parts: AsyncIterable<readonly T[]>,
  write: (element: T) => string
): Promise<string | Buffer> {
  return writeTexts(textsOf(parts, write))
}

async function* slicesOf<T>(elements: readonly T[], write: (element: T) => string): AsyncGenerator<string> {
  const size = elements.length <= SHORT ? SHORT : SLICE
  let text = ''
  for (const [at, element] of elements.entries()) {
    if (text.length > SLICE_LENGTH_MAX || (at > 0 && at % size === 0)) {
      yield text
      text = ''
      await nextTurn()
    }
    text += text === '' ? write(element) : `,${write(element)}`
  }
  if (text !== '') yield text
}

async function* textsOf<T>(parts: AsyncIterable<readonly T[]>, write: (element: T) => string): AsyncGenerator<string> {
  for await (const elements of parts) {
    let text = ''
    for (const element of elements) text += text === '' ? write(element) : `,${write(element)}`
    if (text !== '') yield text
  }
}

/** Joins texts to an array. Keeps long ones as bytes: the more text there is, the longer collecting garbage takes. */
async function writeTexts(texts: AsyncIterable<string>): Promise<string | Buffer> {
  const written: Buffer[] = []
  let pending = '['
  let isFirst = true
  for await (const text of texts) {
    pending += isFirst ? text : `,${text}`
    isFirst = false
    if (pending.length < TEXT_LENGTH_MAX) continue
    written.push(Buffer.from(pending))
    pending = ''
  }
  pending += ']'
  return written.length === 0 ? pending : Buffer.concat([...written, Buffer.from(pending)])
}
