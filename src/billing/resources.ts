import { customerBill } from '../resources/customer-bill.ts'
import { customerBillOnDemand } from '../resources/customer-bill-on-demand.ts'
import { resources } from '../resources/index.ts'
import type { Resource } from '../tmf/resource.ts'
import { datedBillCycle } from './cycle.ts'
import { issueChanged } from './issue-existing.ts'
import { askForBill } from './on-demand.ts'

/** A request asks for its bill in the transaction that creates it. */
const workedOff: Resource = { ...customerBillOnDemand, created: (tx, { tenantId }, id) => askForBill(tx, tenantId, id) }

/** To validate or send a bill that the engine made is to issue it. */
const issuedBill: Resource = { ...customerBill, carryOut: issueChanged }

/** The resources of the standard as they are served: with what the billing engine adds to them, by path. */
export const billedResources: ReadonlyMap<string, Resource> = new Map([
  ...resources,
  ...[datedBillCycle, workedOff, issuedBill].map((resource) => [resource.path, resource] as const)
])
