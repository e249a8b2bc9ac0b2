import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { LANGUAGES } from '../../src/base/language.ts'
import { type BillContent, billContent } from '../../src/documents/content/bill-content.ts'
import type { BillSource } from '../../src/documents/content/bill-source.ts'
import { readBranding } from '../../src/documents/content/branding.ts'
import { formatOf } from '../../src/documents/content/format.ts'
import { languageOf, WORDS } from '../../src/documents/content/words.ts'
import { renderCsv } from '../../src/documents/csv/csv.ts'
import { renderHtml } from '../../src/documents/html/html.ts'
import { preferred } from '../../src/http/accept.ts'
import { logoUri } from './logo.ts'
import { billOf } from './source.ts'

const pageOf = (content: BillContent) => {
  const { pieces, contentSecurityPolicy } = renderHtml(content)
  return { text: [...pieces].join(''), contentSecurityPolicy }
}

const EVIL = `<script>alert("1")</script>'&`

describe('HTML', async () => {
  const charges = [{ amount: '39.9', name: EVIL, description: EVIL, type: EVIL, product: { id: EVIL, name: EVIL } }]
  const evil = {
    contact: [EVIL],
    taxNumber: EVIL,
    address: { line1: EVIL },
    bank: { name: EVIL },
    logo: logoUri(2)
  }
  const page = pageOf(
    await billContent(
      billOf('EUR', [...charges, ...charges], {
        billNo: EVIL,
        accountId: EVIL,
        customer: { name: EVIL, address: { line1: EVIL, city: EVIL } },
        taxes: [{ taxCategory: EVIL, taxRate: 0.19, taxAmount: { unit: 'EUR', value: 15.16 } }],
        tenant: { name: EVIL, timeZone: 'UTC', itemisation: {}, branding: await readBranding(evil) }
      })
    )
  )

  test('nothing of a bill becomes markup', () => {
    expect(page.text).not.toContain('<script')
    expect(page.text.split('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#39;&#38;').length).toBeGreaterThan(10)
  })

  test('its policy lets its own style through, and nothing else', () => {
    const style = /<style>([\s\S]*)<\/style>/.exec(page.text)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    expect(page.contentSecurityPolicy).toContain(`default-src 'none'; style-src 'sha256-${hash}'; img-src data:;`)
    expect(page.text).not.toMatch(/ style=|<link|url\(|src="(?!data:)/)
  })

  test('at 360 px long words break, and so do the amounts of the tax table, which has four columns', () => {
    const [wide = '', narrow = ''] = page.text.split('@media (max-width: 34rem)')
    expect(page.text).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">')
    expect(/\nbody \{[^}]*\}/.exec(wide)?.[0]).toContain('overflow-wrap: anywhere')
    expect(narrow).toContain('.items tr { display: grid; grid-template-columns: 1fr auto;')
    expect(narrow).toContain('.taxes td.number { white-space: normal; overflow-wrap: anywhere; min-width: 4rem; }')
    // Nothing else stays on one line.
    const unbroken = [...page.text.matchAll(/([^{}\n]*) \{[^}]*white-space: nowrap/g)].map(([, selector]) => selector)
    expect(unbroken).toEqual(['time', 'td.number'])
  })

  test('every tag is closed, every table has its heads', () => {
    const open: string[] = []
    for (const [, slash, name = ''] of page.text.matchAll(/<(\/?)([a-z]+\d?)[^>]*>/g)) {
      if (slash) expect(open.pop()).toBe(name)
      else if (!['meta', 'img', 'br'].includes(name)) open.push(name)
    }
    expect(open).toEqual([])
    expect(page.text.match(/<table[^>]*>\s*<caption>[^<]+<\/caption>\s*<thead><tr><th scope="col">/g)).toHaveLength(3)
  })

  test('it says what the bill says', async () => {
    const { text } = pageOf(
      await billContent(billOf('EUR', [{ amount: '0.005' }, { amount: '0.005' }], { language: 'de' }))
    )
    expect(text).toMatch(/^<!doctype html>\n<html lang="de">/)
    for (const part of ['Rechnung INV-2026-000180', 'Rundung', '-0,01', '15. Oktober 2026', 'RF14 INV2']) {
      expect(text).toContain(part)
    }
  })
})

describe('CSV', () => {
  const csvOf = async (bill: BillSource) => (await Array.fromAsync(renderCsv(bill))).join('')

  test('has a line for each rate, with exact amounts, and one for each tax', async () => {
    const [head, ...lines] = (await csvOf(billOf('EUR', [{ amount: '0.00125' }, { amount: '-5' }]))).split('\r\n')
    expect(head?.split(',')).toEqual(expect.arrayContaining(['billNo', 'rateId', 'taxExcludedAmount', 'currency']))
    const kind = 'appliedBillingCharge'
    expect(lines).toEqual([
      `INV-2026-000180,R-0,2026-09-15T10:00:00.000Z,${kind},P-1,Fibre 500,Charge 0,,,,VAT,0.19,EUR,0.00125,,0,rate`,
      `INV-2026-000180,R-1,2026-09-15T10:00:00.000Z,${kind},P-1,Fibre 500,Charge 1,,,,VAT,0.19,EUR,-5,,0,rate`,
      'INV-2026-000180,,,,,,,,,,VAT,0.19,EUR,-5,,-0.95,tax',
      ''
    ])
  })

  test('keeps names from being split or computed', async () => {
    expect(await csvOf(billOf('EUR', [{ amount: '1', name: ' =1;2' }]))).toContain(`,Fibre 500,"' =1;2",,`)
  })
})

test.each([
  [undefined, 'application/pdf'],
  ['', 'application/pdf'],
  ['*/*', 'application/pdf'],
  ['text/*', 'text/html'],
  ['text/csv', 'text/csv'],
  ['TEXT/CSV; charset=utf-8', 'text/csv'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html'],
  ['text/html;q=0.5, text/csv;q=0.6', 'text/csv'],
  ['*/*, application/pdf;q=0', 'text/html'],
  ['text/*;q=0.3, text/html;q=0.1', 'text/csv'],
  ['application/json', undefined],
  ['text/html;q=0', undefined],
  ['text/html;q=x', undefined]
])('Accept %s gets %s', (accept, type) => {
  expect(preferred(accept, ['application/pdf', 'text/html', 'text/csv'])).toBe(type)
})

describe('numbers and dates', () => {
  test.each([
    ['en', '12345678901234567.891', '12,345,678,901,234,567.891'],
    ['de', '-0.5', '-0,50'],
    ['fr', '1234.5', '1\u202f234,50']
  ] as const)('in %s %s is %s', (language, amount, text) => {
    expect(formatOf(language, 'UTC', 'EUR', 2).amount(amount)).toBe(text)
  })

  test('a day is that of the time zone, and the end of a period is not part of it', () => {
    const [utc, tokyo] = ['UTC', 'Asia/Tokyo'].map((timeZone) => formatOf('en', timeZone, 'JPY', 0))
    expect([utc, tokyo].map((format) => format?.date('2026-09-30T15:00:00.000Z'))).toEqual([
      '30 September 2026',
      '1 October 2026'
    ])
    expect(tokyo?.period('2026-08-31T15:00:00.000Z', '2026-09-30T15:00:00.000Z')).toBe('1 Sept 2026 – 30 Sept 2026')
    expect(utc?.period(undefined, undefined)).toBe('')
  })
})

test.each(LANGUAGES)('%s has a word for all that others have one for', (language) => {
  expect(Object.keys(WORDS[language].types)).toEqual(Object.keys(WORDS.en.types))
  const gaps = (words: object) => JSON.stringify(words).match(/\{\w+\}/g)
  expect(gaps(WORDS[language])).toEqual(gaps(WORDS.en))
})

test.each([
  ['de-AT', 'de'],
  ['FR', 'fr'],
  ['en_US', 'en'],
  ['tr', 'en'],
  [null, 'en']
])('the language of %s is %s', (tag, language) => {
  expect(languageOf(tag)).toBe(language)
})
