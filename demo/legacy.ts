import { gzipSync } from 'node:zlib'
import Big from 'big.js'
import { DAY_MS } from '../src/base/time-zone.ts'
import type { Named } from './answers.ts'
import { type Call, get, post } from './api.ts'
import { type Money, moneyText, sumOf } from './arithmetic.ts'
import type { Month } from './calendar.ts'
import { expectSame } from './expectation.ts'
import { looks } from './patience.ts'
import type { Scene } from './stage.ts'

const UPLOAD = '/billing/v1/billUpload'
/** Its bills may be due before today. */
const SEND = `${UPLOAD}?past=accept`
const CSV = { 'Content-Type': 'text/csv' }
const ROWS = 200
const NET_TERM_DAYS = 14
const BYTES_PER_KB = 1_000

interface Row {
  readonly account_number: string
  readonly amount: string
  readonly due_date: string
  readonly period: string
  readonly bill_no: string
  readonly name: string
}

/** Cells that the old biller has wrong, by the number of their row. */
const MISTAKES = new Map<number, readonly [column: keyof Row, wrong: string]>([
  [17, ['due_date', '31/12/2099']],
  [88, ['amount', '12.345']],
  [151, ['period', 'December']]
])

interface Upload extends Named {
  readonly state: string
  readonly rows: number
  readonly created: number
  readonly refused: number
  readonly amount: readonly Money[]
}

/** The chapter of a month that comes as a file from an old biller. */
export async function takeLegacyMonth(scene: Scene): Promise<void> {
  const { api, narrator, month } = scene
  const right = Array.from({ length: ROWS }, (_, index) => rowOf(index + 1, month))
  const sent = right.map((row, index) => {
    const [column, wrong] = MISTAKES.get(index + 1) ?? []
    return column ? { ...row, [column]: wrong } : row
  })
  narrator.chapter('A legacy month')
  narrator.say(
    `A utility keeps its own biller, and sends ${month.name} as a packed CSV file. ${MISTAKES.size} of its rows are ` +
      'wrong, and keep no other from being stored.'
  )
  const text = fileOf(sent)
  const packed = gzipSync(text)
  const note = `(${ROWS} rows of CSV, ${kb(text)} kB, packed ${kb(packed)} kB)`
  const headers = { ...CSV, 'Content-Encoding': 'gzip' }
  const first = await upload(scene, { ...post(SEND, packed, 202), headers, note })
  const good = right.filter((_, index) => !MISTAKES.has(index + 1))
  expectUpload(first, { created: good.length, refused: MISTAKES.size }, good)
  narrator.say('The wrong rows come back as a file like the one that was sent. Its last column says why.')
  const rejected = await api.show<string>(get(`${UPLOAD}/${first.id}/rejected`), ({ body }) => {
    return `${body.trim().split('\n').length - 1} rows of CSV`
  })
  narrator.show(rejected.body.trim())
  narrator.say('They are mended, and that file is sent.')
  const mended = mend(rejected.body, right)
  const again = { ...post(SEND, undefined, 202), body: mended, headers: CSV, note: `(${MISTAKES.size} rows of CSV)` }
  const missing = right.filter((row) => !good.includes(row))
  expectUpload(await upload(scene, again), { created: MISTAKES.size, refused: 0 }, missing)
}

function rowOf(number: number, { dayAfter }: Month): Row {
  const next = Date.parse(dayAfter)
  const [year, month] = new Date(next - DAY_MS).toISOString().split('-')
  const due = new Date(next + NET_TERM_DAYS * DAY_MS).toISOString().slice(0, 10).split('-')
  return {
    account_number: `HEAT-${number}`,
    amount: new Big(number).times('0.37').plus(40).toFixed(2),
    due_date: due.reverse().join('-'),
    period: `${month}-${year}`,
    bill_no: `H-${year}-${number}`,
    name: `Household ${number}`
  }
}

function fileOf(bills: readonly Row[]): string {
  const [first = {}] = bills
  const header = Object.keys(first)
  return [header, ...bills.map((bill) => Object.values(bill))].map((cells) => `${cells.join(';')}\n`).join('')
}

/** Sends a file and follows its upload to the end. */
async function upload({ api, narrator, signal }: Scene, call: Call): Promise<Upload> {
  const { body } = await api.show<Upload>(call, ({ body: { rows } }) => `${rows} rows are received`)
  const path = `${UPLOAD}/${body.id}`
  narrator.request(`GET ${path}`)
  for await (const _ of looks('the upload', signal)) {
    const { body: now } = await api.ask<Upload>(get(path))
    if (now.state === 'running') continue
    const { state, created, refused, amount } = now
    narrator.answer(`200  ${state}: ${created} created, ${refused} refused, ${amount.map(moneyText).join(', ')}`)
    return now
  }
  throw new Error('looks do not end')
}

function expectUpload(
  { state, created, refused, amount }: Upload,
  counts: Pick<Upload, 'created' | 'refused'>,
  stored: readonly Row[]
): void {
  expectSame('the end of the upload', state, 'done')
  expectSame('what became of its rows', { created, refused }, counts)
  const sum = { unit: 'EUR', value: sumOf(stored.map((row) => row.amount)) }
  expectSame('what they are worth', amount.map(moneyText), [moneyText(sum)])
}

/** Puts the right cells in place of the wrong ones. */
function mend(file: string, right: readonly Row[]): string {
  return [...MISTAKES].reduce(
    (text, [line, [column, wrong]]) => text.replace(wrong, right[line - 1]?.[column] ?? ''),
    file
  )
}

function kb({ length }: { readonly length: number }): string {
  return (length / BYTES_PER_KB).toFixed(1)
}
