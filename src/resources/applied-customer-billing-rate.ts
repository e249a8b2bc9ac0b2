import { compareDecimals } from '../base/money.ts'
import { requirePlainText } from '../base/plain-text.ts'
import type { Transaction } from '../db/database.ts'
import { prepared } from '../db/sql.ts'
import { BODIES } from '../messages/body.ts'
import { RATES } from '../messages/rate.ts'
import { changedNames } from '../tmf/changes.ts'
import {
  boolean,
  instant,
  json,
  money,
  openReference,
  ownReference,
  reference,
  text
} from '../tmf/declaration/attribute.ts'
import { defineResource } from '../tmf/declaration/define.ts'
import { type DocumentOf, EXTENSIONS, type Stored } from '../tmf/declaration/resource.ts'
import { list, timePeriod } from '../tmf/declaration/shape.ts'
import { appliedTax, billingAccountRef, billRef, characteristic, productRef, rateRef } from './types.ts'

const CREDIT = 'appliedBillingCredit'

const attributes = {
  date: instant('date', 'When the rate was applied', 'indexed'),
  name: text('name', 'Name of the rate'),
  description: text('description', 'Text on the bill'),
  isBilled: boolean('is_billed', 'True with a bill, false with a billingAccount', 'indexed'),
  type: text('rate_type', 'Kind of rate: appliedBillingCharge, appliedBillingCredit, appliedPenaltyCharge, …'),
  appliedTax: json('applied_tax', list(appliedTax), 'Taxes of the rate'),
  bill: ownReference(
    'bill',
    billRef,
    { path: 'customerBill', mayRefer: requireOpen },
    'The bill of the rate',
    'indexed'
  ),
  billingAccount: openReference('billing_account', billingAccountRef, 'The charged account', 'indexed'),
  characteristic: json('characteristic', list(characteristic), 'Further properties of the rate'),
  periodCoverage: json('period_coverage', timePeriod, 'The charged period'),
  product: reference('product', productRef, 'The charged product', 'indexed'),
  taxExcludedAmount: money('tax_excluded_amount', 'Amount before tax'),
  taxIncludedAmount: money('tax_included_amount', 'Amount with tax'),
  externalId: text('external_id', "The sender's own id of the rate: sent again, it is stored once", 'indexed'),
  correctsRate: ownReference(
    'corrects_rate',
    rateRef,
    { path: 'appliedCustomerBillingRate' },
    'The line of a cancelled bill that it bills anew',
    'readOnly'
  )
}

type Rate = DocumentOf<typeof attributes>

export const appliedCustomerBillingRate = defineResource({
  type: 'AppliedCustomerBillingRate',
  path: 'appliedCustomerBillingRate',
  table: 'applied_customer_billing_rate',
  owner: 'partner',
  scopes: { read: ['bill:read'], write: ['bill:write'] },
  description: 'A charge, credit or penalty of an account, which becomes a line of a bill',
  examples: {
    create: {
      billingAccount: { id: 'BA-100017' },
      name: 'Calls',
      type: 'usageCharge',
      taxExcludedAmount: { unit: 'EUR', value: 0.25 }
    },
    patch: { name: 'Calls abroad' }
  },
  operations: { ...EXTENSIONS, list: 'standard', retrieve: 'standard' },
  attributes,
  unique: { applied_customer_billing_rate_own_external_id: 'externalId' },
  bulk: { key: 'externalId', told: { reference: 'billingAccount', as: 'account' } },
  patchable: { allBut: ['isBilled', 'bill'] },
  completePosted: (document, { now }) => ({ date: now, isBilled: false, ...document }),
  check: (document, before) => {
    // The server sets a missing date; a client could only remove it.
    if (!document.date) throw BODIES.removed(['$.date'])
    requireBillOrAccount(document)
    requireKey(document, before?.document)
    requireCreditSign(document)
  },
  checkChange: (stored) => requireUnbilled(stored, 'changed'),
  beforeChange: (tx, { author }, after, before) => keepAdjusted(tx, author.tenantId, after, before),
  checkRemoval: (stored) => requireUnbilled(stored, 'deleted')
})

function requireBillOrAccount({ isBilled, bill, billingAccount }: Rate): void {
  if (isBilled && !bill) throw RATES.billMissing()
  if (!isBilled && bill) throw RATES.billUnexpected()
  if (!isBilled && !billingAccount) throw RATES.accountMissing()
}

/** An unchanged key is not checked again. */
function requireKey({ externalId }: Rate, before?: Rate): void {
  if (externalId === undefined || externalId === before?.externalId) return
  if (externalId.trim() === '') throw RATES.externalIdBlank()
  requirePlainText('$.externalId', externalId)
}

/** A credit reduces the bill: its amount is negative. */
function requireCreditSign({ type, taxExcludedAmount }: Rate): void {
  if (type !== CREDIT || compareDecimals(taxExcludedAmount?.value ?? 0, 0) <= 0) return
  throw RATES.creditPositive(CREDIT)
}

/** A bill of the engine has a rounding, even 0: its lines and amounts never change. */
function requireOpen({ document, internal }: Stored): void {
  if (internal.rounding_amount !== null) throw RATES.billOfEngine()
  if (internal.issued_as === null) return
  throw RATES.billIssued(String(document.state))
}

/** Attributes that an adjustment states, too. */
const ADJUSTED = ['billingAccount', 'type', 'appliedTax', 'taxExcludedAmount']

/** Refuses to change what an adjustment states of its rate. */
async function keepAdjusted(tx: Transaction, tenantId: string, after: Rate, { id, document }: Stored<Rate>) {
  const [changed] = [...changedNames(document, after)].filter((name) => ADJUSTED.includes(name))
  if (changed === undefined) return undefined
  const { rowCount } = await tx.run(prepared`SELECT FROM "correction"
    WHERE "tenant_id" = ${tenantId} AND "rate_id" = ${id}`)
  if (rowCount > 0) throw RATES.ofAdjustment(changed)
  return undefined
}

function requireUnbilled({ document }: Stored, verb: string): void {
  if (document.isBilled) throw RATES.billed(verb)
}
