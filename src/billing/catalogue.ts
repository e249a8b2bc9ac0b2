import { account } from '../accounts/account.ts'
import { customer } from '../accounts/customer.ts'
import { memberOf } from '../base/unknown.ts'
import { CYCLES } from '../messages/cycle.ts'
import { appliedCustomerBillingRate } from '../resources/applied-customer-billing-rate.ts'
import { billCycleSpecification } from '../resources/bill-cycle-specification.ts'
import { customerBill, isBecomingIssued } from '../resources/customer-bill.ts'
import { customerBillOnDemand } from '../resources/customer-bill-on-demand.ts'
import { type Served, served } from '../tmf/declaration/define.ts'
import type { Document } from '../tmf/declaration/resource.ts'
import { datedBillCycle } from './cycles/cycle.ts'
import { requireFrequency } from './cycles/recurrence.ts'
import { afterIssue, issueWithChange } from './issuing/issue-existing.ts'
import { issueForeign, takeOverBills } from './issuing/issue-foreign.ts'
import { requireForeignNumber } from './issuing/number-series.ts'
import { askForBill } from './on-demand/on-demand.ts'
import { requireUndisputed } from './payments/disputed-bills.ts'
import { discardRemoved } from './runs/discard.ts'

/** A request adds the job for its bill in the transaction that creates it. */
const billedRequest = served(customerBillOnDemand, {
  afterWrite: {
    when: (_, before) => !before,
    run: (tx, { author }, { id }) => askForBill(tx, author.tenantId, id)
  }
})

/**
 * Issues a bill of the engine when it is validated or sent; its removal before that frees its rates. A bill of another
 * system is issued by the state it comes with, and never gets one of our numbers.
 */
const issuedBill = served(customerBill, {
  completeFromDatabase: async (tx, { tenantId }, document, before) => {
    if (!before && document.billNo !== undefined) await requireForeignNumber(tx, tenantId, document.billNo)
    return document
  },
  beforeChange: async (tx, context, after, before) => {
    await requireUndisputed(tx, context.author.tenantId, after, before)
    return issueWithChange(tx, context, after, before)
  },
  beforeRemoval: discardRemoved,
  afterWrite: {
    when: ({ state }, before) => isBecomingIssued(state, before),
    run: async (tx, context, after, before) => {
      const isOurs = (before?.internal.rounding_amount ?? null) !== null
      await (isOurs ? afterIssue(tx, context, after.id) : issueForeign(tx, context, after, before))
    }
  }
})

/** A new account takes over earlier bills of other systems. */
const billedAccount = served(account, {
  afterWrite: { when: (_, before) => !before, run: (tx, context, { id }) => takeOverBills(tx, context, [id]) }
})

/** Refuses a specification that could never open a cycle: its frequency must be readable and its start known. */
const readSpecification = served(billCycleSpecification, {
  check: (after, before) => {
    const { frequency } = after
    if (frequency !== undefined && frequency !== before?.document.frequency) requireFrequency(frequency)
    if (!lacksStart(after) || (before && lacksStart(before.document))) return
    throw CYCLES.startMissing()
  }
})

function lacksStart({ frequency, validFor }: Document): boolean {
  return frequency !== undefined && memberOf(validFor, 'startDateTime') === undefined
}

/** Everything that is served below the base paths of the API, by path; what administrators manage is in `admin/`. */
export const catalogue: ReadonlyMap<string, Served> = new Map<string, Served>(
  [
    issuedBill,
    billedRequest,
    appliedCustomerBillingRate,
    datedBillCycle,
    readSpecification,
    customer,
    billedAccount
  ].map((resource) => [resource.path, resource])
)
