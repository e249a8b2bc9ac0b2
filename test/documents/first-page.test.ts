import jsQR from 'jsqr'
import { beforeAll, describe, expect, test } from 'vitest'
import { readBranding } from '../../src/documents/content/branding.ts'
import { imprintOf } from '../../src/documents/content/texts.ts'
import { WORDS } from '../../src/documents/content/words.ts'
import { renderHtml } from '../../src/documents/html/html.ts'
import { gallery, LONG_BRANDING, TEN, taxedBill } from './gallery.ts'
import { withPages, withPdf } from './pdf-text.ts'
import { plain, type Rendered, rendered } from './rendered.ts'
import { BRANDING } from './source.ts'

const bills = new Map<string, Rendered>()
beforeAll(async () => {
  for (const [name, source] of Object.entries(await gallery())) bills.set(name, await rendered(source))
})
const bill = (name: string): Rendered => {
  const found = bills.get(name)
  if (!found) throw new Error(`there is no bill ${name}`)
  return found
}
const first = (name: string): string => bill(name).pages[0] ?? ''

const NAMES = [
  ...['tenEn', 'tenDe', 'tenFr', 'twoRates', 'profileOfTwo', 'exempt', 'exemptDe', 'yen', 'dinar', 'creditNote'],
  ...['previous', 'credit', 'prepaid', 'cyrillic', 'longNames', 'many', 'limited', 'unlisted', 'draft']
]

describe.each(NAMES)('the bill %s', (name) => {
  test('says on its first page how much, by when and how it is paid, and what it is made of', () => {
    const { content, words, format, html } = bill(name)
    const { due, groups, taxes, net, gross } = content
    const types = groups.flatMap(({ type, products, amount }) => [
      [words.types[type], format.amount(amount)],
      ...products.map(({ name: product = '', amount: own }) => [product, format.amount(own)])
    ])
    const rows = taxes.rows.map(({ category, base, rate, amount }) =>
      [category, base && format.amount(base), rate && format.percent(rate), format.amount(amount)].join(' ')
    )
    const transfer = due?.transfer ?? { iban: undefined, reference: undefined, bic: undefined, bank: undefined }
    const due_ = due && [format.money(due.amount), due.date && format.date(due.date)]
    const expected = [
      ...[...(due_ ?? []), transfer.iban, transfer.reference, transfer.bic, transfer.bank],
      ...types.flat(),
      ...rows,
      ...[net && `${words.net} ${format.amount(net)}`, gross && `${words.gross} ${format.amount(gross)}`]
    ].filter((text) => text !== undefined && text !== '')
    for (const text of expected) expect(first(name)).toContain(plain(String(text)))
    for (const text of expected) expect(html).toContain(plain(String(text)))
  })

  test('has every line with its rate, amount and days, or says how many more there are', () => {
    const { content, words, format, pages, html } = bill(name)
    const all = pages.join(' ')
    for (const { lines, further } of content.groups.flatMap(({ products }) => products)) {
      for (const { name: line, period, taxRates = content.taxes.impliedRates, amount } of lines) {
        const days = format.shortPeriod(period.startDateTime, period.endDateTime)
        for (const text of [line, days, ...taxRates.map(format.percent), format.amount(amount)]) {
          expect(all).toContain(plain(text))
          expect(html).toContain(plain(text))
        }
      }
      if (!further) continue
      const text = words.further.replace('{count}', format.count(further.count))
      expect(all).toContain(`${text} ${format.amount(further.amount)}`)
      expect(html).toContain(text)
    }
  })

  test('has all of its letterhead on every page, and nothing is cut', () => {
    const { content, words, pages, html } = bill(name)
    for (const line of imprintOf(content, words)) {
      for (const page of pages) expect(page.replaceAll(' ', '')).toContain(line.replace(/\s/g, ''))
      expect(html).toContain(plain(line))
    }
    expect(pages.join('')).not.toContain('…')
  })

  test('is a tagged PDF 1.7 with a language and a title, whose totals stand with what they are of', async () => {
    const { content, words, pdf, pages } = bill(name)
    const [{ info }, mark] = await withPdf(pdf, (document) =>
      Promise.all([document.getMetadata(), document.getMarkInfo()])
    )
    expect(info).toMatchObject({ PDFFormatVersion: '1.7', Language: content.language })
    expect(info).toMatchObject({ Title: expect.stringContaining(words.titles[content.kind]) })
    expect(mark instanceof Map ? Object.fromEntries(mark) : mark).toMatchObject({ Marked: true })
    const trees = await withPages(pdf, (page) => page.getStructTree())
    expect(JSON.stringify(trees[0])).toMatch(/"role":"H1".*"role":"Table".*"role":"TR".*"role":"TH".*"role":"TD"/)
    const names = content.groups.flatMap(({ products }) =>
      products.flatMap(({ lines }) => lines.map((line) => line.name))
    )
    for (const page of pages.slice(1)) expect(names.some((line) => page.includes(plain(line)))).toBe(true)
  })
})

test('a bill of ten lines is one page', () => {
  for (const name of NAMES.filter((each) => each !== 'many')) {
    expect([name, bill(name).pages.length]).toEqual([name, 1])
  }
})

test('totals never stand alone on a page, however many lines there are', async () => {
  for (let count = 20; count <= 75; count++) {
    const charges = Array.from({ length: count }, (_, at) => ({ amount: '0.014', name: `Call ${at + 1}.` }))
    const { pages } = await rendered(taxedBill('EUR', charges, { rates: [{ taxCategory: 'VAT', taxRate: 0.19 }] }))
    for (const page of pages.slice(1)) expect(page).toMatch(/Call \d+\./)
    expect(pages.join(' ')).toContain(`Call ${count}.`)
  }
})

/** The used part of pdf.js' canvas; its types leave it open. */
interface CanvasFactory {
  create(width: number, height: number): { readonly context: Context }
}
interface Context {
  getImageData(x: number, y: number, width: number, height: number): Picture
}
interface Picture {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number
}

describe('a QR code', () => {
  /** Reads the QR code on the first page. */
  async function scan(pdf: Buffer): Promise<string | undefined> {
    const [found] = await withPdf(pdf, async (document) => {
      const page = await document.getPage(1)
      const viewport = page.getViewport({ scale: 2 })
      const size = [Math.ceil(viewport.width), Math.ceil(viewport.height)] as const
      const { context } = (document.canvasFactory as CanvasFactory).create(...size)
      await page.render({ canvas: null, canvasContext: context as never, viewport }).promise
      const { data, width, height } = context.getImageData(0, 0, ...size)
      return [jsQR.default(data, width, height)?.data]
    })
    return found
  }

  test('of a bill in euros says whom to pay how much, with the reference (EPC069-12)', async () => {
    expect(await scan(bill('tenDe').pdf)).toBe(
      ['BCD', '002', '1', 'SCT', 'BYLADEM1001', 'Nordlicht Telekom', 'DE02120300000000202051', 'EUR137.33', '']
        .concat('RF14INV2026000180')
        .join('\n')
    )
    expect(bill('tenDe').content.due?.transfer?.code).toBe(await scan(bill('tenDe').pdf))
  })

  test('says what is left to pay where a credit pays a part', async () => {
    expect(await scan(bill('credit').pdf)).toContain('\nEUR117.33\n')
  })

  test('is on no other bill: another currency, nothing to pay, or a wrong IBAN', async () => {
    for (const name of ['yen', 'dinar', 'creditNote', 'prepaid', 'draft'])
      expect(await scan(bill(name).pdf)).toBe(undefined)
    const branding = await readBranding({ ...BRANDING, bank: { iban: 'DE02 1203 0000 0000 2020 52' } })
    const tenant = { name: 'Nordlicht', branding, timeZone: 'UTC', itemisation: {} }
    const { pdf, pages } = await rendered(taxedBill('EUR', TEN, {}, { tenant }))
    expect(await scan(pdf)).toBe(undefined)
    expect(pages[0]).toContain('DE02 1203 0000 0000 2020 52')
  })
})

test('a credit note says what is given back, and asks for nothing', () => {
  const { pages, html } = bill('creditNote')
  for (const text of [pages[0] ?? '', html]) {
    expect(text).toContain('Ihre Gutschrift 58,31 EUR')
    expect(text).not.toMatch(/Zu zahlen|IBAN|Fällig|RF\d\d/)
  }
})

test('a bill that was paid from the balance asks for nothing', () => {
  expect(first('prepaid')).toContain('Paid from your balance EUR 137.33')
  expect(first('prepaid')).not.toMatch(/Amount due|IBAN|Due date|RF\d\d/)
})

test('what was open before is there with the payments since', () => {
  for (const text of [first('previous'), bill('previous').html]) {
    expect(text).toContain('Saldo nach der vorigen Rechnung 118,50')
    expect(text).toContain('Zahlungen und andere Buchungen seitdem -98,50')
    expect(text).toContain('Saldo vor dieser Rechnung 20,00')
    expect(text).toContain('Saldo nach dieser Rechnung 157,36')
  }
  expect(first('credit')).toContain('Paid from your credit -20.00 Amount due 117.33')
})

test('an exempt bill says so, with the base and the reason', () => {
  for (const text of [first('exempt'), bill('exempt').html]) {
    expect(text).toContain('Exempt from tax 115.40 0% 0.00')
    expect(text).toContain('Exempt from tax: Reverse charge, Article 196, Directive 2006/112/EC')
  }
  expect(first('exemptDe')).toContain('Es wird keine Steuer berechnet: Die Leistung ist steuerfrei.')
})

test('lines without any rate have no column for it', () => {
  expect(bill('dinar').pages.join(' ')).not.toContain('Description Tax')
  expect(bill('tenEn').pages.join(' ')).toContain('Description Tax')
})

test('a tenant lists no lines, or some of a type', () => {
  expect(bill('unlisted').pages.join(' ')).not.toMatch(/Call \d|Call to/)
  expect(bill('limited').pages.join(' ')).not.toMatch(/Call \d/)
  expect(bill('limited').pages.join(' ')).toContain('120 further items 1.20')
})

test('the longest letterhead that can be set is on the bill as a whole', async () => {
  const wide = 'W'.repeat(100)
  const branding = await readBranding({
    ...LONG_BRANDING,
    address: { line1: wide, line2: wide, postalCode: wide, city: wide, state: wide, country: 'DE' },
    contact: Array.from({ length: 8 }, (_, at) => `${at}${wide.slice(1)}`),
    bank: { name: wide, iban: wide, bic: wide },
    taxNumber: `T${wide.slice(1)}`
  })
  const tenant = { name: 'W'.repeat(256), branding, timeZone: 'UTC', itemisation: {} }
  const charges = Array.from({ length: 100 }, (_, at) => ({ amount: '1', name: `Call ${at}.` }))
  const { content, words, pages } = await rendered(taxedBill('USD', charges, {}, { tenant }))
  for (const page of pages) {
    for (const line of imprintOf(content, words)) expect(page.replaceAll(' ', '')).toContain(line.replace(/\s/g, ''))
  }
  expect(pages.join(' ')).toContain('Call 99.')
})

test.each(['tenFr'])('French has its blanks before : ; ! ? and within « »', (name) => {
  expect(JSON.stringify(WORDS.fr)).not.toMatch(/[^\u00a0"}]:[^"{[]|[^\u00a0][;!?»]|«[^\u00a0]/)
  expect(first(name)).toContain('Numéro fiscal : DE 123 456 789')
  expect([...renderHtml(bill(name).content).pieces].join('')).toContain('Numéro fiscal\u00a0: DE 123 456 789')
})
