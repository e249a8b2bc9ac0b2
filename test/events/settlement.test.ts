import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Fate, settle } from '../../src/events/settlement.ts'

const FATES = ['unwanted', 'delivered', 'failed', 'held', 'unsent'] as const
const from = (...fates: readonly Fate[]) => fates.map((fate, at) => ({ position: 11 + at, fate }))

test.each<[string, readonly Fate[], number, readonly number[]]>([
  ['nothing was read', [], 99, []],
  ['all were sent', ['delivered', 'unwanted', 'delivered'], 99, []],
  ['some failed or are held', ['failed', 'delivered', 'held'], 99, [11, 13]],
  ['nothing was sent', ['unsent', 'unsent'], 10, []],
  ['the last ones were not sent', ['delivered', 'unwanted', 'unsent', 'held'], 12, []],
  ['one between was not sent', ['delivered', 'unsent', 'delivered', 'unsent', 'unwanted'], 13, [12]],
  ['one after a failed one was not sent', ['failed', 'unsent', 'held'], 11, [11]]
])('where %s, the cursor passes what is done with', (_, fates, position, kept) => {
  expect(settle(from(...fates), 99)).toEqual({ position, kept })
})

test('every event is delivered, unwanted, kept, or read again', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...FATES)), (fates) => {
      const read = from(...fates)
      const { position, kept } = settle(read, 99)
      for (const one of read) {
        const isDone = one.fate === 'delivered' || one.fate === 'unwanted'
        const isPassed = one.position <= position
        expect(kept.includes(one.position)).toBe(isPassed && !isDone)
        // Nothing that was sent is sent again because of the cursor.
        if (one.fate === 'delivered' || one.fate === 'failed') expect(isPassed).toBe(true)
      }
    })
  )
})
