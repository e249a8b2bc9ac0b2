import { describe, expect, test } from 'vitest'
import { LANGUAGES } from '../../src/base/language.ts'
import { billContent } from '../../src/documents/content/bill-content.ts'
import { readBranding } from '../../src/documents/content/branding.ts'
import { paginate } from '../../src/documents/pdf/pages.ts'
import { renderPdf } from '../../src/documents/pdf/pdf.ts'
import { renderPdfAside } from '../../src/documents/pdf/pdf-aside.ts'
import type { TableRow } from '../../src/documents/pdf/rows.ts'
import { logoUri } from './logo.ts'
import { textsOf } from './pdf-text.ts'
import { BRANDING, billOf, type Charge } from './source.ts'

const CHARGES: readonly Charge[] = [
  { amount: '39.9', name: 'Fibre 500', description: 'Basic charge', type: 'recurringCharge' },
  { amount: '1234.5678', name: 'Roaming Türkiye', description: 'Görüşme: Iğdır', type: 'usageCharge' },
  { amount: '-5', name: 'Goodwill', type: 'appliedBillingCredit' }
]

const render = async (source = billOf('EUR', CHARGES)) => renderPdf(await billContent(source))
const plain = (texts: readonly string[] | undefined) =>
  (texts ?? []).map((text) => text.replace(/[\u00a0\u202f]/g, ' '))

test('a bill is the same bytes every time, whatever is rendered in between', async () => {
  const logo = { ...BRANDING, logo: logoUri(6) }
  const tenant = { name: 'Nordlicht', timeZone: 'UTC', itemisation: {}, branding: await readBranding(logo) }
  const source = billOf('EUR', CHARGES, { tenant })
  const first = await render(source)
  const others = await Promise.all([render(billOf('JPY', [{ amount: '1', name: 'Ελλάδα' }])), render(source)])
  expect(others[1]?.equals(first)).toBe(true)
  expect((await render(source)).equals(first)).toBe(true)
  expect((await render()).equals(first)).toBe(false)
})

test('it is dated by the bill, and has its fonts within it', async () => {
  const file = (await render()).toString('latin1')
  expect(file).toMatch(/^%PDF-/)
  expect(file).toContain('(D:20261001000000Z)')
  expect(file.match(/\/FontFile2 /g)).toHaveLength(2)
  expect(file).not.toContain('Helvetica')
})

test.each([
  [
    'en',
    'EUR',
    ['Invoice INV-2026-000180', '1 October 2026', '1 Sept 2026 – 30 Sept 2026', '1,234.57', 'EUR 1,510.67']
  ],
  ['de', 'EUR', ['Rechnung INV-2026-000180', '1. Oktober 2026', '01.09.2026 – 30.09.2026', '1.234,57', '1.510,67 EUR']],
  [
    'fr',
    'EUR',
    ['Facture INV-2026-000180', '1 octobre 2026', '1 sept. 2026 – 30 sept. 2026', '1 234,57', '1 510,67 EUR']
  ],
  ['en', 'JPY', ['Amount in JPY', '40', '1,235', '-1', 'Rounding', 'JPY 1,510']],
  ['en', 'KWD', ['39.900', '1,234.568', '19%', 'KWD 1,510.667']]
] as const)('in %s and %s it says what it should', async (language, unit, expected) => {
  const pages = await textsOf(await render(billOf(unit, CHARGES, { language })))
  expect(pages).toHaveLength(1)
  const texts = plain(pages[0])
  for (const text of expected) expect(texts).toContain(text)
  for (const text of ['Emre Aydın', 'Çiğdem-Straße 5', 'Roaming Türkiye', 'Fibre 500 · Görüşme: Iğdır'])
    expect(texts).toContain(text)
  expect(texts.join('\n')).toContain('RF14 INV2 0260 0018 0')
})

test.each(LANGUAGES)('every word of %s has its letters in the font', async (language) => {
  for (const text of (await textsOf(await render(billOf('EUR', CHARGES, { language })))).flat())
    expect(text).not.toContain('\0')
})

test('a bill of 2,000 lines carries its sum from page to page, and has every line once', async () => {
  const charges = Array.from({ length: 2_000 }, (_, index) => ({ amount: '0.01', name: `Call ${index}` }))
  const pages = await textsOf(await render(billOf('EUR', charges)))
  const after = (texts: readonly string[], label: string) => texts[texts.indexOf(label) + 1]
  let lines = 0
  for (const [index, texts] of pages.entries()) {
    expect(texts).toContain(`Page ${index + 1} of ${pages.length}`)
    expect(texts).toContain('Amount in EUR')
    expect(texts.some((text) => text.startsWith('Call '))).toBe(index > 0)
    if (lines > 0 && lines < 2_000) expect(after(texts, 'Brought forward')).toBe((lines / 100).toFixed(2))
    lines += texts.filter((text) => text.startsWith('Call ')).length
    if (lines > 0 && lines < 2_000) expect(after(texts, 'Carried forward')).toBe((lines / 100).toFixed(2))
  }
  expect(pages.length).toBeGreaterThan(30)
  expect(lines).toBe(2_000)
  expect(pages.at(-1)).not.toContain('Carried forward')
})

test('the thread beside the event loop makes the same, when it is new as when it is kept', async () => {
  const logo = { ...BRANDING, logo: logoUri(6) }
  const tenant = { name: 'Nordlicht', timeZone: 'UTC', itemisation: {}, branding: await readBranding(logo) }
  const contents = await Promise.all(
    [billOf('EUR', CHARGES, { tenant }), billOf('JPY', CHARGES), billOf('EUR', CHARGES, { tenant })].map(billContent)
  )
  const expected = await Promise.all(contents.map(renderPdf))
  for (const _ of ['new', 'kept']) {
    const made = await Promise.all(contents.map((content) => renderPdfAside(content)))
    expect(made.map((file, at) => file.equals(expected[at] ?? Buffer.alloc(0)))).toEqual([true, true, true])
  }
})

test('the caller gets the error that ends the thread, and the next PDF has a new one', async () => {
  const content = await billContent(billOf('EUR', CHARGES))
  const broken = { ...content, language: 'xx' } as unknown as typeof content
  const made = [broken, content].map((each) => renderPdfAside(each).then(String, (error: Error) => error.name))
  expect(await Promise.all(made)).toEqual(['TypeError', expect.stringMatching(/^%PDF-/)])
})

test('texts without end, strange letters and nothing at all are drawn', async () => {
  const long = { name: 'x'.repeat(5_000), description: 'word '.repeat(2_000), amount: '1' }
  const odd = {
    name: 'line\nbreak\u202e\0 田辺 🙂',
    description: undefined,
    amount: '1',
    product: { id: undefined, name: undefined }
  }
  const customer = { name: 'y'.repeat(1_000), address: {} }
  const pages = await textsOf(
    await render(billOf('EUR', [long, odd], { customer, billNo: undefined, billDate: undefined }))
  )
  expect(pages).toHaveLength(1)
  expect(pages[0]?.some((text) => text.startsWith('line break'))).toBe(true)
  expect(await textsOf(await render(billOf('EUR', [])))).toHaveLength(1)
})

describe('pages', () => {
  const row = (kind: TableRow['kind'], value: string | undefined, isKept = false) => ({
    row: { kind, date: '', text: '', detail: '', tax: '', amount: '', value, isKept },
    names: [],
    details: [],
    density: 1,
    height: 10
  })
  const line = row('line', '1')
  const heading = row('group', undefined, true)
  const total = row('total', undefined)
  const heights = { first: 40, further: 60, carry: 10 }
  const shape = (rows: readonly (typeof line)[]) =>
    paginate(rows, heights, (sum) => sum).map(({ rows: own, brought, carried }) => [own.length, brought, carried])

  test.each([
    ['nothing', [], [[0, undefined, undefined]]],
    ['the last page needs no room for a sum', [line, line, line, line], [[4, undefined, undefined]]],
    [
      'carried',
      [line, line, line, line, line],
      [
        [3, undefined, '3'],
        [2, '3', undefined]
      ]
    ],
    [
      'no heading ends a page',
      [line, line, heading, line, line],
      [
        [2, undefined, '2'],
        [3, '2', undefined]
      ]
    ],
    [
      'headings alone go on',
      Array.from({ length: 5 }, () => heading),
      [
        [3, undefined, undefined],
        [2, undefined, undefined]
      ]
    ],
    [
      'no sum after the last line',
      [line, line, line, total, total],
      [
        [3, undefined, undefined],
        [2, undefined, undefined]
      ]
    ],
    [
      'a row that is too high',
      [{ ...line, height: 500 }, line],
      [
        [1, undefined, '1'],
        [1, '1', undefined]
      ]
    ]
  ])('%s', (_, rows, expected) => {
    expect(shape(rows)).toEqual(expected)
  })
})
