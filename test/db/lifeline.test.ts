import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Backend, watchBackend } from '../../src/db/lifeline.ts'

const BACKEND: Backend = { pid: '7', since: '2026-01-01 00:00:00+00' }
const LONG_MS = 60_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test.each<[what: string, find: () => Promise<Backend | undefined>, hangsUp: boolean]>([
  ['is there', async () => BACKEND, false],
  ['is gone', async () => undefined, true],
  ['is gone, and another one has its number', async () => ({ ...BACKEND, since: '2026-01-01 00:00:01+00' }), true],
  ['cannot be looked for', async () => Promise.reject(new Error('away')), false]
])('a connection whose backend %s', async (_, find, hangsUp) => {
  const hangUp = vi.fn()
  const end = watchBackend(BACKEND, find, hangUp)
  await vi.advanceTimersByTimeAsync(LONG_MS)
  expect(hangUp.mock.calls.length > 0).toBe(hangsUp)
  end()
})

test('a watch that is over hangs nothing up, though it was looking', async () => {
  const hangUp = vi.fn()
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const end = watchBackend(BACKEND, () => promise, hangUp)
  await vi.advanceTimersByTimeAsync(LONG_MS)
  end()
  resolve(undefined)
  await vi.advanceTimersByTimeAsync(LONG_MS)
  expect(hangUp).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})
