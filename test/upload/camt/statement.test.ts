import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readStatementAside, STATEMENT_MAX_BYTES } from '../../../src/upload/camt/camt-aside.ts'
import { readStatement } from '../../../src/upload/camt/statement.ts'

const source = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
const STATEMENT = source('statement.053.001.02.xml')
const NOTIFICATION = source('notification.054.001.08.xml')
const ACCOUNT = 'DE02120300000000202051'

function rowsOf(text: string) {
  const read = readStatement(text)
  if ('fault' in read) throw new Error(read.fault.kind)
  return read.rows
}

describe('a camt.053', () => {
  test('has a row for each booked credit, and for what came back', () => {
    const rows = rowsOf(STATEMENT)
    expect(rows.map(({ type, amount, currency, reference }) => [type, amount, currency, reference])).toEqual([
      ['payment', '119.00', 'EUR', `${ACCOUNT} 2026113000000017`],
      ['payment', '30.00', 'EUR', `${ACCOUNT} 2026113000000018/T-1`],
      ['payment', '20.00', 'EUR', `${ACCOUNT} 2026113000000018/T-2`],
      ['return', '45.00', 'EUR', `${ACCOUNT} 2026113000000021`],
      ['batch', '9100.00', 'EUR', `${ACCOUNT} 2026113000000022`]
    ])
    expect(rows[0]).toMatchObject({
      date: '29-11-2026',
      method: 'bankTransfer',
      creditor_reference: 'RF14INV2026000180',
      debtor_name: 'Radhaus Falkensee GmbH',
      debtor_account: 'DE75512108001245126199',
      bank_account: ACCOUNT
    })
    expect(rows[1]).toMatchObject({
      debtor_name: 'Änne Öztürk & Söhne',
      text: 'Rechnung INV-2026-000181 vom\n2. November',
      creditor_reference: ''
    })
    expect(rows[2]?.text).toBe('INV-2026-000182')
  })

  test.each([
    ['50.01', ['unequal 50.01']],
    ['50.00', ['payment 30.00', 'payment 20.00']]
  ])('with a batch of %s over 30 and 20 has the rows %j', (amount, expected) => {
    const batch = /(<Amt Ccy="EUR">)50\.00/
    expect(STATEMENT).toMatch(batch)
    const rows = rowsOf(STATEMENT.replace(batch, `$1${amount}`))
    expect(rows.slice(1, -2).map(({ type, ...row }) => `${type} ${row.amount}`)).toEqual(expected)
  })
})

describe('a camt.054', () => {
  test('of a newer version, with a prefix, names the same payment as the statement', () => {
    const [first] = rowsOf(NOTIFICATION)
    const [same] = rowsOf(STATEMENT)
    expect([first?.reference, first?.amount]).toEqual([same?.reference, same?.amount])
    expect(first).toMatchObject({ date: '30-11-2026', debtor_account: '1245126199' })
  })

  test('has the amount that was credited, in its currency, and a reference for what the bank gave none', () => {
    const [, second, third, fourth] = rowsOf(NOTIFICATION)
    expect([second?.amount, second?.currency]).toEqual(['91.20', 'EUR'])
    expect(second?.reference).toMatch(/^DE02120300000000202051 [0-9a-f]{32}$/)
    expect(third?.reference).toBe(`${second?.reference} #2`)
    expect(fourth).toMatchObject({ method: 'cash', text: 'Cash deposit BA-100032' })
  })

  test.each(['02', '04', '06', '10', '13'])('of version %s is read', (version) => {
    expect(rowsOf(NOTIFICATION.replace('001.08"', `001.${version}"`))).toHaveLength(4)
  })
})

const ENTITY = '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
const prolog = '<?xml version="1.0" encoding="UTF-8"?>'
test.each([
  ['a billion laughs', STATEMENT.replace(prolog, `${prolog}<!DOCTYPE x [${ENTITY}]>`), 'docType'],
  ['an external entity', `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document>&e;</Document>`, 'docType'],
  [
    'a late DOCTYPE',
    `<!--${'x'.repeat(3_000)}--><!DOCTYPE Document SYSTEM "http://127.0.0.1/x"><Document/>`,
    'docType'
  ],
  ['an unknown entity', STATEMENT.replace('Radhaus', '&radhaus;'), 'notXml'],
  ['a missing end', STATEMENT.slice(0, -20), 'notXml'],
  ['no XML', 'account_number;amount', 'notXml'],
  ['nothing', '', 'notXml'],
  ['another encoding', STATEMENT.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"'), 'notUtf8'],
  ['very many elements in each other', '<a>'.repeat(200_000), 'notXml'],
  ['a payment order', '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>', 'otherMessage'],
  ['a report of the day', '<Document xmlns="urn:x:camt.052.001.08"><BkToCstmrAcctRpt/></Document>', 'otherMessage']
])('%s is refused', (_, text, kind) => {
  expect(readStatement(text)).toMatchObject({ fault: { kind } })
})

test('the thread reads the same, and says why it refuses a file', async () => {
  expect(await readStatementAside(Buffer.from(STATEMENT))).toEqual(rowsOf(STATEMENT))
  await expect(readStatementAside(Buffer.from('<a>'))).rejects.toThrow('The file must be well-formed XML: ')
  await expect(readStatementAside(Buffer.from('<a/>'))).rejects.toThrow('must be a camt.053 or camt.054')
  await expect(readStatementAside(Buffer.from([0x3c, 0xff]))).rejects.toThrow('must be valid UTF-8')
  await expect(readStatementAside(Buffer.alloc(STATEMENT_MAX_BYTES + 1))).rejects.toThrow('16777216 bytes at most')
})
