import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide, POLICIES, type Waits, waitBeforeS } from '../../src/auth/sign-in/slowing.ts'

const FREE: Waits = { place: 0, user: 0, address: 0 }

const RIGHT = { isRight: true, isKnown: false }
const RIGHT_AT_HOME = { isRight: true, isKnown: true }
const WRONG = { isRight: false, isKnown: false }
const WRONG_AT_HOME = { isRight: false, isKnown: true }

const IN = { answer: 'in' }
const COUNTED_WRONG = { answer: 'wrong', waitS: 0, counters: ['place', 'user', 'address'] }
const wait = (waitS: number) => ({ answer: 'wait', waitS, counters: ['place'] })

describe('an attempt is answered', () => {
  test.each([
    ['the right password', FREE, RIGHT, IN],
    ['a wrong one', FREE, WRONG, COUNTED_WRONG],
    ['a wrong one from a known network', FREE, WRONG_AT_HOME, COUNTED_WRONG],
    ['the right one from elsewhere while the user is guessed at', { ...FREE, user: 30 }, RIGHT, wait(30)],
    ['a wrong one then', { ...FREE, user: 30 }, WRONG, wait(30)],
    ['a wrong one from a known network then', { ...FREE, user: 30 }, WRONG_AT_HOME, wait(30)],
    ['the right one from a known network then', { ...FREE, user: 30 }, RIGHT_AT_HOME, IN],
    ['the right one from a known network that others guess from', { ...FREE, address: 60 }, RIGHT_AT_HOME, IN],
    ['the right one from elsewhere there', { ...FREE, user: 3, address: 60 }, RIGHT, wait(60)]
  ])('%s', (_, waits, shown, verdict) => {
    expect(decide(waits, shown)).toEqual(verdict)
  })
})

test.each<[Waits, number]>([
  [FREE, 0],
  [{ place: 0, user: 30, address: 60 }, 0],
  [{ place: 2, user: 0, address: 0 }, 2],
  [{ place: 2, user: 30, address: 60 }, 60]
])('with %j a password is looked at in %i seconds', (waits, seconds) => {
  expect(waitBeforeS(waits)).toBe(seconds)
})

const seconds = fc.integer({ min: 0, max: 60 })
const anyWaits = fc.record({ place: fc.constant(0), user: seconds, address: seconds })

test('a refusal reveals neither if the password was right nor if the network is known', () => {
  fc.assert(
    fc.property(anyWaits, fc.boolean(), fc.boolean(), (waits, isRight, isKnown) => {
      const verdict = decide(waits, { isRight, isKnown })
      if (verdict.answer === 'in') expect(isRight).toBe(true)
      else expect(verdict).toEqual(decide(waits, WRONG))
    })
  )
})

test('nothing that others do elsewhere or with other names keeps the right password out of a known network', () => {
  fc.assert(
    fc.property(anyWaits, (waits) => {
      expect(waitBeforeS(waits)).toBe(0)
      expect(decide(waits, RIGHT_AT_HOME)).toEqual(IN)
    })
  )
})

test('nobody waits longer than a minute, and with a known network no longer than half of it', () => {
  const { place, user, address } = POLICIES
  expect(Math.max(place.delayMaxS, user.delayMaxS, address.delayMaxS)).toBeLessThanOrEqual(60)
  expect(place.delayMaxS).toBeLessThanOrEqual(30)
})
