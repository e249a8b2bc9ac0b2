import { account } from '../accounts/account.ts'
import { ERROR_RESPONSES, headerRefs, parameterRefs, responseRef } from '../tmf/openapi-components.ts'
import { type Json, schemaRef } from '../tmf/openapi-schemas.ts'

const FAILURES = [400, 401, 403, 404, 405, 414, 429, 500, 503, 'default'] as const

const DESCRIPTION = `An **extension**. How the account came from one balance to the next, from the ledger. What the
holder has is positive: the closing balance is the opening one and the payments less the total of charges, which are
calls, others and adjustments. The closing balance of one day is the opening one of the next.`

/** The path of the statements for the OpenAPI document, opened by any of the security schemes. */
export function statementPaths(schemes: readonly string[]): Json {
  const get = {
    operationId: 'retrieveBillingAccountStatement',
    tags: [account.path],
    summary: 'Read the statement of one BillingAccount (extension)',
    description: DESCRIPTION,
    'x-tmf-operation': 'extension',
    security: schemes.map((scheme) => ({ [scheme]: account.scopes.read })),
    parameters: [
      ...parameterRefs('Id'),
      parameter('from', true, { type: 'string', format: 'date' }, 'The first day, in the time zone of the tenant'),
      parameter('to', true, { type: 'string', format: 'date' }, 'The last day'),
      parameter('currency', false, CURRENCY, "Which of the account's balances; that of its own currency when left out"),
      ...parameterRefs('ProxyAccountNumber', 'RequestId')
    ],
    responses: {
      200: {
        description: 'The statement',
        headers: headerRefs('X-Request-Id'),
        content: { 'application/json': { schema: STATEMENT } }
      },
      ...Object.fromEntries(FAILURES.map((status) => [status, responseRef(ERROR_RESPONSES[status].name)]))
    }
  }
  return { [`/${account.path}/{id}/statement`]: { get } }
}

function parameter(name: string, required: boolean, schema: Json, description: string): Json {
  return { name, in: 'query', required, description, schema }
}

const CURRENCY = { type: 'string', pattern: '^[A-Z]{3}$' }
const DAY = { type: 'string', format: 'date' }

function amount(description: string): Json {
  return { ...schemaRef('Money'), description }
}

function complete(properties: Json): Json {
  return { type: 'object', required: Object.keys(properties), properties }
}

const STATEMENT = complete({
  billingAccount: schemaRef('BillingAccountRef'),
  from: { ...DAY, description: 'The first day' },
  to: { ...DAY, description: 'The last day' },
  currency: { ...CURRENCY, description: 'The currency of all amounts' },
  openingBalance: amount('What the holder had at the beginning of the first day'),
  payments: amount('What was paid, here or to another system before its bill was posted, less what was reversed'),
  adjustments: amount('Lines of the type appliedBillingCredit; they are negative'),
  callCharges: amount('Lines of the types that the tenant counted as calls when they were billed, without tax'),
  otherCharges: amount('All other lines, taxes and roundings; of bills of other systems all'),
  totalCharges: amount('The sum of the three'),
  closingBalance: amount('What the holder had at the end of the last day'),
  movements: {
    type: 'array',
    description: 'What moved the balance, the oldest first',
    items: complete({
      date: { type: 'string', format: 'date-time', description: 'When it was posted' },
      type: { type: 'string', enum: ['bill', 'payment', 'reversal'], description: 'What it was' },
      amount: amount('By how much: what the holder has more is positive'),
      source: complete({
        type: { type: 'string', enum: ['CustomerBill', 'Payment'], description: 'Type of the source' },
        id: { type: 'string', description: 'Identifier of the source' },
        href: { type: 'string', format: 'uri', description: 'Where the source is found' }
      })
    })
  }
})
