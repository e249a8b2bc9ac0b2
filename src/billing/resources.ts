import { account } from '../accounts/account.ts'
import { accountResources } from '../accounts/index.ts'
import { Problem } from '../base/problem.ts'
import { memberOf } from '../base/unknown.ts'
import { billCycleSpecification } from '../resources/bill-cycle-specification.ts'
import { customerBill } from '../resources/customer-bill.ts'
import { customerBillOnDemand } from '../resources/customer-bill-on-demand.ts'
import { resources } from '../resources/index.ts'
import type { Document, Resource } from '../tmf/declaration/resource.ts'
import { datedBillCycle } from './cycles/cycle.ts'
import { requireFrequency } from './cycles/recurrence.ts'
import { issueChanged } from './issuing/issue-existing.ts'
import { issueForeign, takeOverBills } from './issuing/issue-foreign.ts'
import { requireForeignNumber } from './issuing/number-series.ts'
import { askForBill } from './on-demand/on-demand.ts'
import { discardRemoved } from './runs/discard.ts'

/** A request asks for its bill in the transaction that creates it. */
const workedOff: Resource = {
  ...customerBillOnDemand,
  written: async (tx, { author }, { id }, before) => {
    if (!before) await askForBill(tx, author.tenantId, id)
    return false
  }
}

/**
 * To validate or send a bill that the engine made is to issue it, and to remove it before frees its rates; one of
 * another system is issued as it is written, and has none of our numbers.
 */
const issuedBill: Resource = {
  ...customerBill,
  carryOut: issueChanged,
  carryOutRemoval: discardRemoved,
  written: async (tx, context, after, before) => {
    const { billNo } = after.document
    if (!before && billNo !== undefined) await requireForeignNumber(tx, context.author.tenantId, String(billNo))
    return issueForeign(tx, context, after, before)
  }
}

/** A new account takes over what other systems had billed it before. */
const billedAccount: Resource = { ...account, written: takeOverBills }

/** A specification that says how often, and that in words that nobody reads or not from when, never opens a cycle. */
const readSpecification: Resource = {
  ...billCycleSpecification,
  check: (after, before) => {
    const { frequency } = after
    if (frequency !== undefined && frequency !== before?.document.frequency) requireFrequency(String(frequency))
    if (!lacksStart(after) || (before && lacksStart(before.document))) return
    throw new Problem(
      'missingField',
      '$.validFor.startDateTime is required with $.frequency: the first period begins on it'
    )
  }
}

function lacksStart({ frequency, validFor }: Document): boolean {
  return frequency !== undefined && memberOf(validFor, 'startDateTime') === undefined
}

/** The resources of the standard and the accounts as they are served: with what the billing engine adds, by path. */
export const billedResources: ReadonlyMap<string, Resource> = new Map([
  ...resources,
  ...accountResources,
  ...[readSpecification, datedBillCycle, workedOff, issuedBill, billedAccount].map(
    (resource) => [resource.path, resource] as const
  )
])
