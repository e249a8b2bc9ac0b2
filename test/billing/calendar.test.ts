import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cyclesOf } from '../../sample-data/cycles.ts'
import { type CycleSpecification, cycleDates, effectiveDates, type Which } from '../../src/billing/cycles/calendar.ts'
import { periodLabel } from '../../src/billing/cycles/period-label.ts'

const anchored = (startDateTime: string, more: object = {}): CycleSpecification => ({
  frequency: 'monthly',
  validFor: { startDateTime },
  ...more
})
const MONTHLY = anchored('2026-01-01T00:00:00.000Z')
const iso = (time: string) => new Date(time).toISOString()
/** Returns the starts of the first periods. */
const starts = (specification: CycleSpecification, count: number, timeZone = 'UTC') =>
  Array.from({ length: count }, (_, index) => cycleDates(specification, { index }, timeZone).start)

describe('periods', () => {
  test.each([
    ['daily', ['2027-12-31', '2028-01-01', '2028-01-02']],
    ['week', ['2027-12-31', '2028-01-07', '2028-01-14']],
    ['every 2 weeks', ['2027-12-31', '2028-01-14', '2028-01-28']],
    ['Monthly', ['2027-12-31', '2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30', '2028-05-31']],
    ['2 months', ['2027-12-31', '2028-02-29', '2028-04-30', '2028-06-30', '2028-08-31']],
    ['quarterly', ['2027-12-31', '2028-03-31', '2028-06-30', '2028-09-30', '2028-12-31']],
    ['yearly', ['2027-12-31', '2028-12-31']],
    ['annually', ['2027-12-31', '2028-12-31']]
  ])('of a frequency %s keep to the day of the first one', (frequency, days) => {
    const specification = anchored('2027-12-31T15:00:00.000Z', { frequency })
    expect(starts(specification, days.length)).toEqual(days.map((day) => `${day}T00:00:00.000Z`))
  })

  test('of years from a leap day on begin on the last of February', () => {
    const days = ['2024-02-29', '2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29']
    const specification = anchored('2024-02-29T00:00:00.000Z', { frequency: 'year' })
    expect(starts(specification, 5)).toEqual(days.map((day) => `${day}T00:00:00.000Z`))
  })

  test('begin at local midnight, before and after the clocks change', () => {
    const specification = anchored('2026-02-28T23:00:00.000Z')
    expect(starts(specification, 2, 'Europe/Berlin')).toEqual(['2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'])
    const daily = { ...specification, frequency: 'day' }
    const { start, end } = cycleDates(daily, { at: '2026-03-29T12:00:00.000Z' }, 'Europe/Berlin')
    expect([start, end]).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'])
  })

  test('take their first day from where the tenant is', () => {
    const specification = anchored('2026-01-31T00:00:00.000Z')
    expect(starts(specification, 2, 'America/New_York')).toEqual([
      '2026-01-30T05:00:00.000Z',
      '2026-02-28T05:00:00.000Z'
    ])
  })

  test.each<[Which, string, string]>([
    [{ at: '2026-03-01T00:00:00.000Z' }, '2026-03-01', '2026-04-01'],
    [{ at: '2026-03-31T23:59:59.999Z' }, '2026-03-01', '2026-04-01'],
    [{ at: '2025-06-01T00:00:00.000Z' }, '2026-01-01', '2026-02-01'],
    [{ from: '2026-03-01T00:00:00.000Z' }, '2026-03-01', '2026-04-01'],
    [{ from: '2026-03-11T00:00:00.000Z' }, '2026-03-11', '2026-04-01']
  ])('are found by %j', (which, start, end) => {
    expect(cycleDates(MONTHLY, which, 'UTC')).toMatchObject({ start: iso(start), end: iso(end) })
  })

  const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia', 'America/Sao_Paulo', 'UTC']
  const frequencies = ['day', 'week', '2 weeks', 'month', '5 months', 'quarter', 'year']
  const instants = fc
    .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2100-12-31T00:00:00Z'), noInvalidDate: true })
    .map((date) => date.toISOString())
  const few = fc.record({
    timeZone: fc.constantFrom(...zones),
    frequency: fc.constantFrom(...frequencies),
    anchor: instants,
    at: instants
  })

  test('touch without gap or overlap, and every moment lies in exactly one', () => {
    fc.assert(
      fc.property(few, ({ timeZone, frequency, anchor, at }) => {
        const specification = anchored(anchor, { frequency })
        const now = cycleDates(specification, { at }, timeZone)
        expect(now.start < now.end).toBe(true)
        expect(now.start <= at || at < anchor).toBe(true)
        expect(at < now.end).toBe(true)
        const next = cycleDates(specification, { from: now.end }, timeZone)
        expect(next.start).toBe(now.end)
        expect(next).toEqual(cycleDates(specification, { at: now.end }, timeZone))
        const last = new Date(Date.parse(now.end) - 1).toISOString()
        expect(cycleDates(specification, { at: last }, timeZone)).toEqual(now)
      }),
      { numRuns: 500 }
    )
  })

  test('of successive indexes touch; only a day that a zone skipped is none', () => {
    fc.assert(
      fc.property(few, fc.nat(300), ({ timeZone, frequency, anchor }, index) => {
        const specification = anchored(anchor, { frequency })
        const [now, next] = [index, index + 1].map((at) => cycleDates(specification, { index: at }, timeZone))
        expect(now?.end).toBe(next?.start)
        if (now?.start === now?.end)
          expect([timeZone, now?.start]).toEqual(['Pacific/Apia', '2011-12-30T10:00:00.000Z'])
      }),
      { numRuns: 500 }
    )
  })
})

describe('dates', () => {
  test('are the first day after the period where the specification says nothing', () => {
    expect(cycleDates(MONTHLY, { index: 2 }, 'UTC')).toEqual({
      start: '2026-03-01T00:00:00.000Z',
      end: '2026-04-01T00:00:00.000Z',
      billingDate: '2026-04-01T00:00:00.000Z',
      chargeDate: '2026-04-01T00:00:00.000Z',
      creditDate: '2026-04-01T00:00:00.000Z',
      mailingDate: '2026-04-01T00:00:00.000Z',
      paymentDueDate: undefined
    })
  })

  test('count from the start of the period and from the billing date, in days of the tenant', () => {
    const offsets = { chargeDateOffset: -1, creditDateOffset: 0, mailingDateOffset: 3, paymentDueDateOffset: 14 }
    const specification = anchored('2026-03-14T23:00:00.000Z', { billingDateShift: 10, ...offsets })
    expect(cycleDates(specification, { index: 0 }, 'Europe/Berlin')).toEqual({
      start: '2026-03-14T23:00:00.000Z',
      end: '2026-04-14T22:00:00.000Z',
      billingDate: '2026-03-24T23:00:00.000Z',
      chargeDate: '2026-03-23T23:00:00.000Z',
      creditDate: '2026-03-24T23:00:00.000Z',
      mailingDate: '2026-03-27T23:00:00.000Z',
      paymentDueDate: '2026-04-07T22:00:00.000Z'
    })
  })

  test.each(['demo', 'demo2'])('of the demo data of %s are those that its specifications tell', (tenantId) => {
    const { specifications, drafts } = cyclesOf(tenantId)
    for (const { document } of drafts) {
      const { id } = document.BillCycleSpecification as { id: string }
      const { validFor } = document as { validFor: { startDateTime: string; endDateTime: string } }
      const specification = specifications.find((one) => one.id === id)?.document as CycleSpecification
      const { start, end, ...dates } = cycleDates(specification, { at: validFor.startDateTime }, 'UTC')
      const label = periodLabel({ start, end }, 'UTC')
      expect(document).toMatchObject({
        ...dates,
        billingPeriod: label,
        validFor: { startDateTime: start, endDateTime: end }
      })
    }
    expect(drafts.length).toBeGreaterThan(7)
  })
})

describe('posted dates', () => {
  const offsets = { ...MONTHLY, paymentDueDateOffset: 10 }

  test('win over derived ones, which count from them', () => {
    const posted = {
      validFor: { startDateTime: '2026-03-05T00:00:00.000Z' },
      billingDate: '2026-04-02T09:00:00.000Z',
      chargeDate: '2026-03-30T00:00:00.000Z',
      mailingDate: '2026-04-03T00:00:00.000Z'
    }
    expect(effectiveDates(posted, offsets, 'UTC')).toEqual({
      start: '2026-03-05T00:00:00.000Z',
      end: '2026-04-01T00:00:00.000Z',
      billingDate: '2026-04-02T09:00:00.000Z',
      chargeDate: '2026-03-30T00:00:00.000Z',
      creditDate: '2026-04-01T00:00:00.000Z',
      mailingDate: '2026-04-03T00:00:00.000Z',
      paymentDueDate: '2026-04-12T00:00:00.000Z'
    })
  })

  test.each([
    ['2026-03-31T23:59:59.000Z', '2026-04-01T00:00:00.000Z'],
    ['2026-03-31T23:59:59.999Z', '2026-04-01T00:00:00.000Z'],
    ['2026-04-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z']
  ])('of a period that ends at %s mean the whole of its last day', (endDateTime, end) => {
    const validFor = { startDateTime: '2026-03-01T00:00:00.000Z', endDateTime }
    expect(effectiveDates({ validFor }, {}, 'UTC')).toMatchObject({ end, billingDate: end, chargeDate: end })
  })

  test('of a period that ends within a day are billed on the next', () => {
    const validFor = { startDateTime: '2026-03-01T00:00:00.000Z', endDateTime: '2026-03-31T12:00:00.000Z' }
    const dates = { billingDate: '2026-04-01T00:00:00.000Z', chargeDate: '2026-03-31T12:00:00.000Z' }
    expect(effectiveDates({ validFor }, {}, 'UTC')).toMatchObject(dates)
  })

  test.each([
    ['a billing date alone', { billingDate: '2026-04-03T09:00:00.000Z' }, {}, '2026-03-01'],
    ['a billing date with a shift', { billingDate: '2026-04-03T09:00:00.000Z' }, { billingDateShift: 2 }, '2026-04-01'],
    [
      'a billing date within the shift',
      { billingDate: '2026-04-02T09:00:00.000Z' },
      { billingDateShift: 2 },
      '2026-03-01'
    ],
    ['an end alone', { validFor: { endDateTime: '2026-03-31T23:59:59.000Z' } }, {}, '2026-03-01']
  ])('tell the period by %s', (_, posted, more, start) => {
    expect(effectiveDates(posted, { ...MONTHLY, ...more }, 'UTC').start).toBe(iso(start))
  })
})

test.each<[string, object, CycleSpecification, string]>([
  [
    'an unknown frequency',
    {},
    anchored('2026-01-01T00:00:00.000Z', { frequency: 'biweekly' }),
    '"biweekly" must be one of day'
  ],
  [
    'a frequency of nothing',
    {},
    anchored('2026-01-01T00:00:00.000Z', { frequency: '0 days' }),
    '"0 days" must be one of day'
  ],
  ['no frequency', {}, { validFor: { startDateTime: '2026-01-01T00:00:00.000Z' } }, 'has no frequency'],
  ['no first day', {}, { frequency: 'month', validFor: {} }, 'no validFor.startDateTime'],
  ['a first day of long ago', {}, anchored('0001-01-01T00:00:00.000Z'), 'must lie in the years 1900 to 2999'],
  [
    'a far offset',
    {},
    { ...MONTHLY, mailingDateOffset: 3661 },
    'mailingDateOffset of the specification may be 3660 days at most'
  ],
  ['a period before the first', { startDateTime: '2025-12-01T00:00:00.000Z' }, MONTHLY, 'before validFor of its'],
  ['an inverted period', { endDateTime: '2026-02-01T00:00:00.000Z' }, MONTHLY, 'before it begins']
])('%s is refused', (_, period, specification, message) => {
  const validFor = { startDateTime: '2026-03-01T00:00:00.000Z', ...period }
  expect(() => effectiveDates({ validFor }, specification, 'UTC')).toThrow(message)
})

test('a cycle without any date is refused', () => {
  expect(() => effectiveDates({}, MONTHLY, 'UTC')).toThrow('neither validFor nor billingDate')
})

test.each([
  ['2026-03-01', '2026-04-01', 'March 2026'],
  ['2025-11-01', '2026-02-01', 'November 2025 to January 2026'],
  ['2026-10-15', '2026-11-15', '15 October 2026 to 14 November 2026'],
  ['2026-08-31', '2026-09-07', 'week of 31 August 2026'],
  ['2026-03-01', '2026-03-02', '1 March 2026']
])('the period from %s to before %s is called %s', (start, end, label) => {
  expect(periodLabel({ start: iso(start), end: iso(end) }, 'UTC')).toBe(label)
})
