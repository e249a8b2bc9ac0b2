import { instant, json, ownReference, text } from '../tmf/declaration/attribute.ts'
import { declareResource } from '../tmf/declaration/define.ts'
import { EXTENSIONS } from '../tmf/declaration/resource.ts'
import { timePeriod } from '../tmf/declaration/shape.ts'
import { billCycleSpecificationRef } from './types.ts'

/** One period of billing with its dates (TMF678 v5, BillCycle). */
export const billCycle = declareResource(['completeFromDatabase'], {
  type: 'BillCycle',
  path: 'billCycle',
  table: 'bill_cycle',
  owner: 'partner',
  scopes: { read: ['bill:read'], write: ['bill:write'] },
  description: 'One period of billing with its dates',
  examples: { create: { name: 'March' }, patch: { name: 'April' } },
  operations: EXTENSIONS,
  attributes: {
    name: text('name', 'Name of the cycle'),
    description: text('description', 'Description of the cycle'),
    billingPeriod: text('billing_period', 'The billed period, e.g. March'),
    billingDate: instant('billing_date', 'Date of the bills', 'indexed'),
    chargeDate: instant('charge_date', 'Date up to which charges are billed'),
    creditDate: instant('credit_date', 'Date up to which credits are billed'),
    mailingDate: instant('mailing_date', 'Date of sending'),
    paymentDueDate: instant('payment_due_date', 'Due date'),
    BillCycleSpecification: ownReference(
      'bill_cycle_specification',
      billCycleSpecificationRef,
      { path: 'billCycleSpecification' },
      'The specification it follows (the standard writes the capital B)',
      'indexed'
    ),
    validFor: json('valid_for', timePeriod, 'Period of the cycle')
  },
  patchable: { allBut: [] },
  events: {
    created: 'BillCycleCreateEvent',
    attributeValueChanged: 'BillCycleAttributeValueChangeEvent',
    removed: 'BillCycleDeleteEvent'
  }
})
