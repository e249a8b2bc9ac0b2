import { describe, expect, test } from 'vitest'
import { type BillRow, hashOf, placeFaults, readBillRow } from '../../src/upload/bill-row.ts'
import { dayText, monthText, periodText } from '../../src/upload/columns.ts'
import { faultText } from '../../src/upload/file/row.ts'
import type { Place } from '../../src/upload/place.ts'
import { row } from './upload-world.ts'

/** 30 November 2026, 1 January 1970 being 0. */
const TODAY = Date.UTC(2026, 10, 30) / 86_400_000

function faultsOf(cells: object, decimal: '.' | ',' = '.'): readonly string[] {
  const read = readBillRow({ ...row(), ...cells }, { decimal })
  return 'faults' in read ? read.faults.map(faultText) : []
}

function readRow(cells: object, decimal: '.' | ',' = '.'): BillRow {
  const read = readBillRow({ ...row(), ...cells }, { decimal })
  if ('faults' in read) throw new Error(read.faults.map(faultText).join())
  return read.row
}

describe('a cell', () => {
  test.each<[object, string]>([
    [{ account_number: undefined }, 'account_number is required'],
    [{ account_number: '  ' }, 'account_number is required'],
    [{ account_number: null }, 'account_number is required'],
    [{ account_number: {} }, 'account_number must be a text'],
    [{ account_number: true }, 'account_number must be a text'],
    [{ account_number: '\u200b' }, 'account_number \u200b must be a text of at most 256 characters, and not blank'],
    [{ name: 'a\u0000' }, 'name a\u0000 must not contain NUL or unpaired surrogates'],
    [{ amount: 0 }, 'amount 0 must be more than 0'],
    [{ amount: 'EUR 1,5' }, 'amount EUR 1,5 must be a decimal number'],
    [{ amount: '0x1' }, 'amount 0x1 must be a decimal number'],
    [{ amount: '1e15' }, 'amount 1e15 must be smaller than 1000000000000000 in size'],
    [{ due_date: '31-02-2099' }, 'due_date 31-02-2099 is not DD-MM-YYYY'],
    [{ due_date: '29-02-2099' }, 'due_date 29-02-2099 is not DD-MM-YYYY'],
    [{ due_date: '01-13-2099' }, 'due_date 01-13-2099 is not DD-MM-YYYY'],
    [{ due_date: '01-01-9999' }, 'due_date 01-01-9999 is not DD-MM-YYYY'],
    [{ due_date: '1-1-2099' }, 'due_date 1-1-2099 is not DD-MM-YYYY'],
    [{ period: '00-2099' }, 'period 00-2099 is not MM-YYYY'],
    [{ period: '2099-12' }, 'period 2099-12 is not MM-YYYY'],
    [{ currency: 'eur' }, 'currency eur must be a currency of ISO 4217, such as EUR'],
    [{ tax_rate: 0.19 }, 'tax_category is required with tax_rate'],
    [{ tax_category: 'VAT' }, 'tax_excluded_amount is required with tax_category'],
    [{ tax_excluded_amount: 1 }, 'tax_category is required with tax_excluded_amount'],
    [{ tax_excluded_amount: 120, tax_category: 'VAT' }, 'tax_excluded_amount 120 must be at most amount'],
    [
      { document_url: 'javascript:alert(1)' },
      'document_url javascript:alert(1) must be an http or https address without blanks, of at most 2000 characters'
    ]
  ])('%o has a fault', (cells, fault) => {
    expect(faultsOf(cells)).toEqual([fault])
  })

  test('of no column is a fault that names the columns', () => {
    expect(faultsOf({ acount: 1 })).toEqual([expect.stringMatching(/^acount is no column; there are account_number, /)])
  })

  test.each<[object, Partial<BillRow>]>([
    [{ account_number: 17 }, { accountNumber: '17' }],
    [{ account_number: ' A\u00a0 1 ' }, { accountNumber: 'A 1' }],
    [{ amount: '119.50' }, { amount: '119.5' }],
    [{ due_date: '29-02-2096' }, { dueDate: Date.UTC(2096, 1, 29) / 86_400_000 }],
    [
      { tax_excluded_amount: 0, tax_category: 'VAT', tax_rate: 0 },
      { tax: { excluded: '0', category: 'VAT', rate: '0' } }
    ]
  ])('%o is read', (cells, expected) => {
    expect(readRow(cells)).toMatchObject(expected)
  })
})

const COMMA = 'must have a decimal point; ?decimal=, takes a decimal comma'
const THOUSANDS = 'must have no thousands separators'
const POINT = 'must have a decimal comma, as in 1234,50 or 1.234,50, since ?decimal=, is set'

test.each<[string, string, string]>([
  ['119.00', '119', POINT],
  ['119', '119', '119'],
  ['119,00', COMMA, '119'],
  ['1234,5', COMMA, '1234.5'],
  ['1,234', THOUSANDS, '1.234'],
  ['1.234', '1.234', POINT],
  ['1.234,50', THOUSANDS, '1234.5'],
  ['12.345.678,9', THOUSANDS, '12345678.9'],
  ['12.345.678', THOUSANDS, '12345678'],
  ['1,234.50', THOUSANDS, POINT],
  ["1'234.50", THOUSANDS, 'must be a decimal number'],
  ['1 234,50', THOUSANDS, 'must be a decimal number'],
  ['1\u00a0234', THOUSANDS, 'must be a decimal number'],
  ['1.23,4', 'must be a decimal number', POINT],
  ['0.123,4', THOUSANDS, POINT],
  ['1,2,3', 'must be a decimal number', 'must be a decimal number'],
  [',5', 'must be a decimal number', 'must be a decimal number'],
  ['', 'is required', 'is required']
])('the amount %j is %s with a decimal point, and %s with a comma', (amount, withPoint, withComma) => {
  const read = (decimal: '.' | ',') => faultsOf({ amount }, decimal)[0] ?? readRow({ amount }, decimal).amount
  const expected = (result: string) =>
    /^\d/.test(result) ? result : ['amount', amount, result].filter(Boolean).join(' ')
  expect([read('.'), read(',')]).toEqual([expected(withPoint), expected(withComma)])
})

test('a number of JSON has a point, however texts are read', () => {
  expect(readRow({ amount: 119.5 }, ',').amount).toBe('119.5')
})

test('days and months are written as they are read', () => {
  const { dueDate, period } = readRow({ due_date: '01-02-2027', period: '02-2027' })
  expect([dayText(dueDate), monthText(period), periodText(period)]).toEqual(['01-02-2027', '02-2027', '2027-02'])
})

const PLACE: Place = {
  currency: 'EUR',
  language: 'en',
  unknownAccounts: 'accept',
  today: TODAY,
  at: String,
  ownNumber: () => undefined
}

test.each<[object, readonly string[]]>([
  [{ due_date: '30-11-2026', period: '11-2026' }, []],
  [{ due_date: '29-11-2026' }, ['due_date 29-11-2026 is before today, 30-11-2026']],
  [{ period: '10-2026' }, ['period 10-2026 is before this month, 11-2026']],
  [{ amount: 1.005 }, ['amount 1.005 must have at most 2 decimal places, as EUR has']],
  [
    { tax_excluded_amount: 1.005, tax_category: 'VAT' },
    ['tax_excluded_amount 1.005 must have at most 2 decimal places, as EUR has']
  ]
])('%o is held against day and currency', (cells, faults) => {
  expect(placeFaults(readRow(cells), PLACE, 'EUR', 'refuse').map(faultText)).toEqual(faults)
  const others = faults.filter((fault) => !/ is before /.test(fault))
  expect(placeFaults(readRow(cells), PLACE, 'EUR', 'accept').map(faultText)).toEqual(others)
})

test('the hash tells every column apart, and is the one of stored rows', () => {
  const all = {
    ...{ account_number: 'A', amount: 2, due_date: '01-02-2099', period: '02-2099', bill_no: 'B', currency: 'EUR' },
    ...{ tax_excluded_amount: 1, tax_category: 'VAT', tax_rate: 1, bill_date: '01-01-2099', name: 'N' },
    ...{ description: 'D', document_url: 'https://a.example', external_id: 'E' }
  }
  const others = {
    ...{ account_number: 'B', amount: 3, due_date: '02-02-2099', period: '03-2099', bill_no: 'C', currency: 'USD' },
    ...{ tax_excluded_amount: 0, tax_category: 'GST', tax_rate: 2, bill_date: '02-01-2099', name: 'O' },
    ...{ description: 'E', document_url: 'https://b.example', external_id: 'F' }
  }
  const hashes = Object.entries(others).map(([name, value]) => hashOf(readRow({ ...all, [name]: value })))
  expect(new Set([hashOf(readRow(all)), ...hashes]).size).toBe(15)
  expect(hashOf(readRow(all))).toBe('51cb4ff0694ceb1557431ac54e099e0a5a1d2361b4b6a56b60eed913660ca58a')
})
