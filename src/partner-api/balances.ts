import { type Account, accountsById, findAccount } from '../accounts/lookup.ts'
import type { Database, Queryable } from '../db/database.ts'
import { optional, scalar, text } from '../db/row.ts'
import { prepared } from '../db/sql.ts'
import { objectOf as jsonOf } from '../http/json.ts'
import type { BalanceKey } from '../ledger/balance.ts'
import { readUsage, type UsageStatement } from '../ledger/usage.ts'
import { FIELDS } from '../messages/field.ts'
import { readFault } from '../messages/message.ts'
import { PARTNERS } from '../messages/partner.ts'
import { aboutName } from '../messages/problem.ts'
import { objectOf } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import type { Endpoint } from '../tmf/serving/endpoint.ts'
import type { View } from '../tmf/view.ts'
import { day } from './days.ts'
import { method } from './method.ts'
import { accountNumber } from './parameters.ts'

const NUMBER = { type: 'number' } as const
const DAYS = { initial_date: day('The first day'), final_date: day('The last day') }

export const BALANCE_SCHEMA = objectOf({
  opening_balance: { ...NUMBER, description: 'The balance at the beginning of the first day' },
  payments: { ...NUMBER, description: 'Payments, less reversals' },
  adjustments: {
    ...NUMBER,
    description: 'Rates of the types adjustment and appliedBillingCredit, and what was adjusted at once; 5 is a charge'
  },
  call_charges: { ...NUMBER, description: 'Rates of the types that the tenant counts as calls' },
  other_charges: { ...NUMBER, description: 'All other rates, and taxes and roundings of bills' },
  total_charges: { ...NUMBER, description: 'The sum of the three' },
  closing_balance: { ...NUMBER, description: 'opening_balance + payments - total_charges' }
})

export const customerBalance: Endpoint = method({
  method: 'GET',
  path: '/customerBalance',
  operationId: 'customerBalance',
  summary: 'Read the balance of an account',
  description: `Returns the balance of usage over some days of the tenant's zone, in the account's currency; positive
is in the holder's favour. A rate counts from its arrival on, billed or not. A period before today gives the same for
ever.`,
  scopes: ['account:read'],
  parameters: { account_number: accountNumber, ...DAYS },
  data: schemaRef('PartnerBalance'),
  read: async ({ parameters, view, database }) => {
    const { account_number: name, ...days } = parameters
    requireOrder(days)
    const { id, invoiceCurrency } = await requireAccount(database, view, name)
    return balanceOf(database, view.tenantId, { billingAccountId: id, currency: invoiceCurrency, ...days })
  }
})

export const partnerBalance: Endpoint = method({
  method: 'GET',
  path: '/partnerBalance',
  operationId: 'partnerBalance',
  summary: "Read the balance of a partner's own account",
  description: "Returns the same of the partner's own balance account, which the provider has set as `billingAccount`.",
  scopes: ['account:read'],
  parameters: DAYS,
  data: schemaRef('PartnerBalance'),
  read: async ({ parameters, view, database }) => {
    requireOrder(parameters)
    const { invoiceCurrency: currency, id: billingAccountId } = await requireOwnAccount(database, view)
    return balanceOf(database, view.tenantId, { billingAccountId, currency, ...parameters })
  }
})

/** Returns the balance account of the view's partner. Throws `badRequest` without a partner, `notFound` without one. */
export async function requireOwnAccount(queryable: Queryable, { tenantId, partnerId }: View): Promise<Account> {
  if (partnerId === undefined) throw PARTNERS.needsPartner()
  const found = await queryable.run(prepared`SELECT "billing_account_id" FROM "partner"
      WHERE "tenant_id" = ${tenantId} AND "id" = ${partnerId}`)
  const id = scalar(found, optional(text))
  const own = id === undefined ? undefined : (await accountsById(queryable, { tenantId }, [id])).get(id)
  if (own) return own
  throw PARTNERS.noOwnAccount()
}

/** Throws `notFound` without such an account in the view. */
export async function requireAccount(queryable: Queryable, view: View, name: string): Promise<Account> {
  const found = await findAccount(queryable, view, name)
  if (found) return found
  throw aboutName(PARTNERS.unknownAccount())
}

interface Days {
  readonly initial_date: string
  readonly final_date: string
}

function requireOrder({ initial_date: first, final_date: last }: Days): void {
  if (first > last) throw PARTNERS.parameters(`initial_date ${readFault(FIELDS.afterEnd('final_date')).text}`)
}

async function balanceOf(
  database: Database,
  tenantId: string,
  { initial_date: first, final_date: last, ...key }: BalanceKey & Days
): Promise<string> {
  return jsonOfBalance(await readUsage(database, { tenantId, ...key, first, last }))
}

function jsonOfBalance(statement: UsageStatement): string {
  return jsonOf({
    opening_balance: statement.openingBalance,
    payments: statement.payments,
    adjustments: statement.adjustments,
    call_charges: statement.callCharges,
    other_charges: statement.otherCharges,
    total_charges: statement.totalCharges,
    closing_balance: statement.closingBalance
  })
}
