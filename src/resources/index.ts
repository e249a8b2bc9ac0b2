import type { Resource } from '../tmf/declaration/resource.ts'
import { appliedCustomerBillingRate } from './applied-customer-billing-rate.ts'
import { billCycle } from './bill-cycle.ts'
import { billCycleSpecification } from './bill-cycle-specification.ts'
import { customerBill } from './customer-bill.ts'
import { customerBillOnDemand } from './customer-bill-on-demand.ts'

/** By path. A further resource is one file, one migration and one line here. */
export const resources: ReadonlyMap<string, Resource> = new Map(
  [customerBill, customerBillOnDemand, appliedCustomerBillingRate, billCycle, billCycleSpecification].map(
    (resource) => [resource.path, resource]
  )
)
