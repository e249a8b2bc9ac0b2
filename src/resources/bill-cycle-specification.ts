import { integer, json, text } from '../tmf/declaration/attribute.ts'
import { declareResource } from '../tmf/declaration/define.ts'
import { EXTENSIONS } from '../tmf/declaration/resource.ts'
import { timePeriod } from '../tmf/declaration/shape.ts'

/** The recurrence of cycles, and the offsets of their dates in days from the start of the period (TMF666 v4). */
export const billCycleSpecification = declareResource(['check'], {
  type: 'BillCycleSpecification',
  path: 'billCycleSpecification',
  table: 'bill_cycle_specification',
  owner: 'partner',
  scopes: { read: ['bill:read'], write: ['bill:write'] },
  description: 'The recurrence of bill cycles, and the dates within the period',
  examples: {
    create: { name: 'Monthly', frequency: 'month', validFor: { startDateTime: '2026-01-01T00:00:00.000Z' } },
    patch: { paymentDueDateOffset: 14 }
  },
  operations: EXTENSIONS,
  attributes: {
    name: text('name', 'Name of the specification', 'required'),
    description: text('description', 'Description of the specification'),
    billingPeriod: text('billing_period', 'The recurring period, e.g. month'),
    frequency: text('frequency', 'How often the cycle recurs, e.g. monthly'),
    billingDateShift: integer('billing_date_shift', 'Days from the start of the period to the billing date'),
    chargeDateOffset: integer('charge_date_offset', 'Days to the date up to which charges are billed'),
    creditDateOffset: integer('credit_date_offset', 'Days to the date up to which credits are billed'),
    mailingDateOffset: integer('mailing_date_offset', 'Days to the date on which bills are sent'),
    paymentDueDateOffset: integer('payment_due_date_offset', 'Days to the date on which bills are due'),
    validFor: json('valid_for', timePeriod, 'Validity of the specification')
  },
  patchable: { allBut: [] }
})
