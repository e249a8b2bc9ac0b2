import type { Account } from '../accounts/lookup.ts'
import { canonicalDecimal, compareDecimals, sumDecimals } from '../base/money.ts'
import { plainText } from '../base/plain-text.ts'
import { amountFault } from '../billing/payments/taking.ts'
import { transfer } from '../billing/payments/transfer.ts'
import type { Transaction } from '../db/database.ts'
import { objectOf as jsonOf } from '../http/json.ts'
import { availableOf } from '../ledger/available.ts'
import { lockBalances } from '../ledger/balance.ts'
import { FIELDS } from '../messages/field.ts'
import { readFault } from '../messages/message.ts'
import { PARTNERS } from '../messages/partner.ts'
import { nameSpace } from '../tmf/declaration/own-names.ts'
import { objectOf } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import type { Endpoint } from '../tmf/serving/endpoint.ts'
import type { WriteContext } from '../tmf/write.ts'
import { requireAccount, requireOwnAccount } from './balances.ts'
import { limitOf } from './hold.ts'
import { method } from './method.ts'
import { accountNumber, amount, text } from './parameters.ts'

const NUMBER = { type: 'number' } as const
const REFERENCE_FAULT = FIELDS.reference(256)

export const FUNDS_SCHEMA = objectOf({
  customer_balance: { ...NUMBER, description: 'The balance of the customer then' },
  customer_credit_limit: { ...NUMBER, description: 'How far below zero it may go, as a negative number' }
})

export const funds: Endpoint = method({
  method: 'PUT',
  path: '/funds',
  operationId: 'moveFunds',
  summary: "Move money from the partner's account to a customer's, or back",
  description: `Moves an amount from the partner's own balance account to the customer's; a negative amount goes back.
The account that gives goes no further below zero than its credit limit, less holds; without a limit not below zero.
The money pays bills that are due, as a payment does. The same reference with the same content gives the same answer.`,
  scopes: ['account:write'],
  parameters: {
    account_number: accountNumber,
    amount: amount('The amount, in the currency of both accounts; negative takes it back').refine(
      (decimal) => compareDecimals(decimal, 0) !== 0,
      { error: FIELDS.notZero() }
    ),
    description: text('What it is for'),
    reference: text("The partner's own name for it, used once, also among payments")
      .refine((sent) => plainText(sent) !== '', { error: REFERENCE_FAULT })
      .optional()
  },
  example: {
    partner_account: 'PARTNER-1',
    account_number: 'BA-100017',
    amount: 10,
    description: 'Top-up',
    reference: 'Example of funds'
  },
  data: schemaRef('PartnerFunds'),
  failures: [409],
  write: async (tx, { parameters: { account_number: name, ...ordered }, ...context }) => {
    const own = await requireOwnAccount(tx, context.view)
    const customer = await requireAccount(tx, context.view, name)
    const { customerBalance, customerCreditLimit } = await moveFunds(tx, context, { own, customer, ...ordered })
    return jsonOf({ customer_balance: customerBalance, customer_credit_limit: customerCreditLimit })
  }
})

interface Funds {
  readonly own: Account
  readonly customer: Account
  readonly amount: string
  readonly description: string
  readonly reference?: string | undefined
}

/** Moves money and checks that the giver had so much. */
async function moveFunds(tx: Transaction, context: WriteContext, { own, customer, amount: sent, ...about }: Funds) {
  const { tenantId } = context.view
  const currency = customer.invoiceCurrency
  if (own.invoiceCurrency !== currency) throw PARTNERS.currencies(currency, own.invoiceCurrency)
  const isBack = compareDecimals(sent, 0) < 0
  const [giver, receiver] = isBack ? [customer, own] : [own, customer]
  const moved = isBack ? sent.slice(1) : sent
  const fault = amountFault(currency, Number(moved))
  if (fault !== undefined) throw PARTNERS.parameters(`amount ${readFault(fault).text}`)
  if (giver.status !== 'ACTIVE') throw PARTNERS.accountInactive(giver.status)
  await lockBalances(
    tx,
    tenantId,
    [own, customer].map(({ id }) => ({ billingAccountId: id, currency }))
  )
  const spendable = (account: Account) => {
    const limit = limitOf(account) ?? '0'
    const key = { tenantId, billingAccountId: account.id, currency, limit }
    return availableOf(tx, key, context.clock())
  }
  const order = { giver, receiver, amount: moved, reference: undefined, ...about, nameSpace: nameSpace(context.view) }
  return transfer(tx, context, order, async () => {
    const { available = '0' } = await spendable(giver)
    if (compareDecimals(available, 0) < 0) throw PARTNERS.notGiven(sumDecimals([available, moved]))
    const { balance: customerBalance } = await spendable(customer)
    return { customerBalance, customerCreditLimit: canonicalDecimal(`-${limitOf(customer) ?? 0}`) ?? '0' }
  })
}
