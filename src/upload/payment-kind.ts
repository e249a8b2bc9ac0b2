import { plainText } from '../base/plain-text.ts'
import { present } from '../base/unknown.ts'
import { type Imported, importPayments } from '../billing/incoming/import.ts'
import { type IncomingRow, rowHash } from '../billing/incoming/incoming.ts'
import type { Transaction } from '../db/database.ts'
import { FIELDS } from '../messages/field.ts'
import type { WriteContext } from '../tmf/write.ts'
import { rowFault } from './file/row.ts'
import { type Line, type Result, type Stored, type StoreOptions, uploadKind } from './kind.ts'
import { PAYMENT_COLUMNS } from './payment-columns.ts'
import { digitFault, readPaymentRow } from './payment-row.ts'
import type { Place } from './place.ts'

/** Payments: rows of a file, or credits of a bank statement. */
export const paymentKind = uploadKind<IncomingRow>({
  name: 'payment',
  path: 'paymentImport',
  scopes: { read: ['account:read'], write: ['account:write'] },
  columns: PAYMENT_COLUMNS,
  takes: [],
  takesStatements: true,
  read: readPaymentRow,
  identity: (row) => ({ key: plainText(row.reference), contentHash: rowHash(row) }),
  store
})

type PaymentLine = Line<IncomingRow>

async function store(
  tx: Transaction,
  context: WriteContext,
  _: Place,
  lines: readonly PaymentLine[],
  { isStrict, isDry }: StoreOptions
): Promise<Stored> {
  const rows = lines.flatMap((line) => ('content' in line ? [line.content] : []))
  const imported = (isDryRun: boolean) => importPayments(tx, context, context.view, rows, { isDry: isDryRun })
  if (!isStrict) return storedOf(lines, await imported(isDry))
  const asked = storedOf(lines, await imported(true))
  if (asked.results.some(({ status }) => status === 'refused' || status === 'conflict')) return noneStored(asked)
  return isDry ? asked : storedOf(lines, await imported(false))
}

function storedOf(lines: readonly PaymentLine[], imported: readonly Imported[]): Stored {
  const fates = imported.values()
  const amounts: [number, { unit: string; value: string }][] = []
  const results = lines.map((one): Result => {
    const { line } = one
    if ('faults' in one) return { line, status: 'refused', errors: one.faults }
    const fate = present(fates.next().value, 'the fate of each row')
    if (fate.status === 'refused') {
      return { line, status: 'refused', errors: [digitFault(one.content.amount, fate.tooFineFor)] }
    }
    const { status, id, currency } = fate
    if (status === 'conflict') return { line, status, id, errors: [rowFault(FIELDS.otherPayment(id))] }
    if (status === 'created' && currency !== undefined) {
      amounts.push([line, { unit: currency, value: one.content.amount }])
    }
    return { line, status, id }
  })
  return { results, amounts: new Map(amounts) }
}

/** Rows that others keep from being stored. */
function noneStored({ results }: Stored): Stored {
  const none = results.map((result): Result => {
    const isGood = result.status === 'created' || result.status === 'unmatched'
    return isGood ? { line: result.line, status: 'notStored' } : result
  })
  return { results: none, amounts: new Map() }
}
