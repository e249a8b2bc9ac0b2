import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseInstant } from '../../src/base/instant.ts'
import { accepted, UNSURE } from '../../src/tmf/declaration/acceptance.ts'
import { validateBySchema } from '../../src/tmf/declaration/schema.ts'
import { documentOf } from '../support/arbitrary.ts'
import { resources } from '../support/standard-resources.ts'

/** Values that a client may write anywhere. */
const STRANGE = fc.constantFrom<unknown>(
  ...[
    null,
    '',
    ' ',
    'x'.repeat(300),
    'x'.repeat(5_000),
    0,
    -0,
    1.5,
    1e15,
    0.00000000001,
    true,
    [],
    {},
    [null],
    { id: '' }
  ],
  { startDateTime: '2026-01-02T00:00:00Z', endDateTime: '2026-01-01T00:00:00Z' },
  ...['EUR', 'eur', '2026-02-29T00:00:00Z', '2026-01-31T23:59:59+02:00', { unit: 'EUR', value: 1 }, { '@type': 'Own' }]
)

test.each([...resources.values()])('$path: what is accepted at once is what the schema makes of it', (resource) => {
  let sure = 0
  fc.assert(
    fc.property(
      documentOf(resource.shape, ['id']),
      fc.array(fc.tuple(fc.nat(), STRANGE), { maxLength: 2 }),
      (document, changes) => {
        const body: Record<string, unknown> = { ...document }
        for (const [at, value] of changes) {
          const names = [...Object.keys(body), 'unknown']
          body[names[at % names.length] ?? ''] = value
        }
        const sent = structuredClone(body)
        const outcome = accepted(resource.shape, body)
        expect(body).toEqual(sent)
        if (outcome === UNSURE) return
        sure++
        expect(outcome).toEqual(validateBySchema(resource, body))
      }
    ),
    { numRuns: 300 }
  )
  // Else the test would prove nothing.
  expect(sure).toBeGreaterThan(30)
})

test('the quick way to read an instant knows the calendar as the slow one does', () => {
  const two = (max: number) => fc.nat(max).map((value) => String(value).padStart(2, '0'))
  const date = fc.tuple(fc.constantFrom('0000', '0050', '1900', '2000', '2023', '2024', '9999'), two(13), two(32))
  const time = fc.tuple(two(25), two(61), two(61), fc.constantFrom('', '.5', '.123', '.1239'))
  fc.assert(
    fc.property(date, time, ([year, month, day], [hour, minute, second, fraction]) => {
      const local = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}`
      expect(parseInstant(`${local}Z`)).toBe(parseInstant(`${local}+00:00`))
    }),
    { numRuns: 2_000 }
  )
})
