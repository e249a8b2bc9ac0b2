import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { elementsOf, isArray, type Lines, linesOf } from '../../src/http/lines.ts'

const MAX_BYTES = 20

async function read({ groups }: Lines): Promise<(readonly [number, string | undefined])[]> {
  const read: (readonly [number, string | undefined])[] = []
  for await (const lines of groups) for (const { number, bytes } of lines) read.push([number, bytes?.toString()])
  return read
}

const line = fc.oneof(
  fc.constantFrom('', ' ', '\r', 'é', 'x'.repeat(MAX_BYTES), 'x'.repeat(MAX_BYTES + 1)),
  fc.string()
)
const cleanLine = line.map((text) => text.replaceAll('\n', ' '))

test('lines are the same, however their bytes come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(cleanLine),
      fc.boolean(),
      fc.infiniteStream(fc.nat(15)),
      async (lines, isEnded, sizes) => {
        const bytes = Buffer.from(
          lines
            .map((text) => `${text}\n`)
            .join('')
            .slice(0, isEnded ? undefined : -1)
        )
        const chunks: Buffer[] = []
        for (let at = 0; at < bytes.length; ) {
          const size = 1 + (sizes.next().value ?? 0)
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        const isBlank = (text: string) => Buffer.from(text).every((byte) => byte <= 32)
        const expected = lines.flatMap((text, at) => {
          const isLong = Buffer.byteLength(text) > MAX_BYTES
          return isBlank(text) && !isLong ? [] : [[at + 1, isLong ? undefined : text]]
        })
        expect(await read(linesOf(Readable.from(chunks, { objectMode: false }), MAX_BYTES))).toEqual(expected)
      }
    )
  )
})

test('the elements of an array are those that JSON has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 2), async (values, indent) => {
      const bytes = Buffer.from(`\uFEFF ${JSON.stringify(values, undefined, indent)} `)
      expect(isArray(bytes)).toBe(true)
      const elements = await read(elementsOf(bytes))
      expect(elements.map(([, text]) => JSON.parse(String(text)))).toEqual(JSON.parse(JSON.stringify(values)))
      expect(elements.map(([number]) => number)).toEqual(values.map((_, at) => at + 1))
    })
  )
})

test.each(['{"a":[1]}', '"[1]"', '', ' ', '\uFEFF{}'])('%j is no array', (text) => {
  expect(isArray(Buffer.from(text))).toBe(false)
})
