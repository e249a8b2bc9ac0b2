import { describe, expect, test } from 'vitest'
import { catalogue } from '../../src/billing/catalogue.ts'
import { accepted, UNSURE } from '../../src/tmf/declaration/acceptance.ts'
import type { Resource } from '../../src/tmf/declaration/resource.ts'
import { validate, validateBySchema } from '../../src/tmf/declaration/schema.ts'
import type { Shape } from '../../src/tmf/declaration/shape.ts'

/** Returns the paths of periods in a shape; `[0]` is an element of a list. */
function periodsOf(shape: Shape, path: string): string[] {
  if (shape.kind === 'list') return periodsOf(shape.of, `${path}[0]`)
  if (shape.kind !== 'object') return []
  if (shape.name === 'TimePeriod') return [path]
  return [...shape.members].flatMap(([name, member]) => periodsOf(member.shape, `${path}.${name}`))
}

const MONEY = { unit: 'EUR', value: 1 }
/** Every period of the API, with a body that has it. */
const BODIES: Readonly<Record<string, (validFor: object) => object>> = {
  'customerBill$.billDocument[0].validFor': (validFor) => ({ billDocument: [{ id: 'D', validFor }] }),
  'customerBill$.billingPeriod': (billingPeriod) => ({ billingPeriod }),
  'customerBill$.financialAccount.accountBalance[0].validFor': (validFor) => ({
    financialAccount: { id: 'F', accountBalance: [{ balanceType: 'deposit', amount: MONEY, validFor }] }
  }),
  'appliedCustomerBillingRate$.periodCoverage': (periodCoverage) => ({ periodCoverage }),
  'billCycle$.validFor': (validFor) => ({ name: 'May', validFor }),
  'billCycleSpecification$.validFor': (validFor) => ({ name: 'Monthly', validFor }),
  'accounts$.taxProfile.rates[0].validFor': (validFor) => ({
    id: 'A-1',
    name: 'Account',
    customerId: 'C',
    taxProfile: { rates: [{ taxCategory: 'VAT', taxRate: 0.19, validFor }] }
  })
}

test('the periods of this test are all that there are', () => {
  const found = [...catalogue.values()].flatMap(({ path, shape }) => periodsOf(shape, `${path}$`))
  expect(found.sort()).toEqual(Object.keys(BODIES).sort())
})

describe.each(Object.entries(BODIES))('%s', (name, bodyOf) => {
  const [path = '', place] = name.split('$')
  const resource = catalogue.get(path) as Resource
  const body = (startDateTime: unknown, endDateTime: unknown) => ({ ...bodyOf({ startDateTime, endDateTime }) })

  test.each([
    ['the end is a millisecond earlier', '2026-03-01T00:00:00.001Z', '2026-03-01T00:00:00Z'],
    ['the end is earlier by its offset only', '2026-03-01T00:00:00Z', '2026-03-01T01:00:00+02:00']
  ])('is refused with its place where %s', (_, start, end) => {
    const message = `$${place}.endDateTime must not be before startDateTime`
    const refused = expect.objectContaining({ kind: 'invalidField', message })
    expect(accepted(resource.shape, body(start, end))).toBe(UNSURE)
    expect(() => validate(resource, body(start, end))).toThrow(refused)
    expect(() => validateBySchema(resource, body(start, end))).toThrow(refused)
  })

  test.each([
    ['the end is the start', '2026-03-01T01:00:00+01:00', '2026-03-01T00:00:00Z'],
    ['the end is later by its offset only', '2026-03-01T00:00:00Z', '2026-02-28T23:00:00-02:00'],
    ['there is no end', '2026-03-01T00:00:00Z', null],
    ['there is no start', null, '2026-03-01T00:00:00Z']
  ])('is taken where %s', (_, start, end) => {
    expect(validate(resource, body(start, end))).toEqual(validateBySchema(resource, body(start, end)))
  })
})

test('an inverted period is told among the other findings', () => {
  const validFor = { startDateTime: '2026-03-02T00:00:00Z', endDateTime: '2026-03-01T00:00:00Z' }
  const cycle = catalogue.get('billCycle') as Resource
  expect(() => validate(cycle, { name: 5, validFor })).toThrow(
    /^\$\.name must be of type string; \$\.validFor\.endDateTime must not be before startDateTime$/
  )
})
