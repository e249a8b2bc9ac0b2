import { expect, test } from 'vitest'
import { limitsFor } from '../../src/fairness/limits.ts'
import { openSlots } from '../../src/fairness/slots.ts'

const EXPENSIVE = { tenant: 'a', principal: '1', work: 'expensive' } as const

function slots() {
  const clock = { ms: 0 }
  const settings = { limits: limitsFor(10), queueTimeoutMs: 5_000, expensiveSecondsPerMinute: 30 }
  return { clock, ...openSlots({ ...settings, nowMs: () => clock.ms }) }
}

test('who has used up its time for expensive work is refused until some of it has come back', async () => {
  const { clock, take } = slots()
  const release = await take(EXPENSIVE)
  clock.ms += 35_100
  release()
  await expect(take(EXPENSIVE)).rejects.toMatchObject({
    kind: 'tooManyRequests',
    headers: { 'Retry-After': '11' },
    message: expect.stringContaining('30 seconds a minute')
  })
  await expect(take({ ...EXPENSIVE, principal: '2' })).resolves.toBeTypeOf('function')
  await expect(take({ ...EXPENSIVE, work: 'read' })).resolves.toBeTypeOf('function')
  clock.ms += 11_000
  const again = take(EXPENSIVE)
  // It has the time; the slot of its tenant is held.
  await expect(Promise.race([again, Promise.resolve('waits')])).resolves.toBe('waits')
})

test('short pieces of expensive work, such as the pages of a long list, use up no time', async () => {
  const { clock, take } = slots()
  for (let page = 0; page < 1_000; page++) {
    const release = await take(EXPENSIVE)
    clock.ms += 90
    release()
  }
  await expect(take(EXPENSIVE)).resolves.toBeTypeOf('function')
})

test('a request that waits too long is refused, except parts of begun work; a slot is given back once', async () => {
  const { clock, take, expire } = slots()
  const release = await take(EXPENSIVE)
  const [late, patient] = [take(EXPENSIVE), take(EXPENSIVE, { isPatient: true })]
  clock.ms += 5_000
  expire()
  await expect(late).rejects.toMatchObject({ kind: 'unavailable', headers: { 'Retry-After': '1' } })
  release()
  release()
  await expect(patient).resolves.toBeTypeOf('function')
  await expect(Promise.race([take(EXPENSIVE), Promise.resolve('waits')])).resolves.toBe('waits')
})
