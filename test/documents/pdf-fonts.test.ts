import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { billContent } from '../../src/documents/content/bill-content.ts'
import { renderPdf } from '../../src/documents/pdf/pdf.ts'
import { digestsOf, SET } from './pdf-set.ts'
import { textsOf } from './pdf-text.ts'

const run = promisify(execFile)
const ORDERS = [
  [0, 1, 2, 3, 4],
  [4, 3, 2, 1, 0],
  [2, 3, 0, 4, 1]
]

/** Returns the digests of another process, made in another order. */
async function digestsElsewhere(order: readonly number[]): Promise<readonly string[]> {
  const set = JSON.stringify(new URL('./pdf-set.ts', import.meta.url).href)
  const program = `const { digestsOf } = await import(${set}); console.log(JSON.stringify(await digestsOf([${order}])))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program])
  return JSON.parse(stdout)
}

test('whatever was written before, the text of a PDF is that of its bill', async () => {
  for (const source of [...SET, ...SET.toReversed()]) {
    const texts = (await textsOf(await renderPdf(await billContent(source)))).flat()
    const [[{ name = '' } = {}] = []] = await Array.fromAsync(source.rates)
    expect(texts).toEqual(expect.arrayContaining([source.customer.name, name]))
    if (source.language === 'de') expect(texts).toContain('1.234,50')
  }
})

test('the same bill is the same bytes in any order, at once, and in any process', async () => {
  const digests = await digestsOf(ORDERS[0] ?? [])
  expect(new Set(digests).size).toBe(SET.length)
  for (const order of ORDERS) {
    expect(await digestsOf(order)).toEqual(digests)
    expect(await digestsElsewhere(order)).toEqual(digests)
  }
  expect(await digestsOf([3, 1, 4, 0, 2], true)).toEqual(digests)
})
