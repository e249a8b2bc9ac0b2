import { expect, test } from 'vitest'
import { fairSlots, slots, slotsByKey } from '../../src/events/slots.ts'

const turn = () => new Promise(setImmediate)

function worker() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  return {
    begun,
    work: (name: string) => () => {
      begun.push(name)
      return new Promise<void>((resolve) => ends.set(name, resolve))
    },
    end: async (name: string) => {
      ends.get(name)?.()
      await turn()
    }
  }
}

test('work beyond the slots waits in its order', async () => {
  const { begun, work, end } = worker()
  const two = slots(2)
  for (const name of ['a', 'b', 'c', 'd']) void two(work(name))
  await turn()
  expect(begun).toEqual(['a', 'b'])
  await end('b')
  expect(begun).toEqual(['a', 'b', 'c'])
  await end('a')
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
})

test('a failure gives its slot back', async () => {
  const one = slots(1)
  await expect(one(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await one(async () => 'done')).toBe('done')
})

test('each key has slots of its own', async () => {
  const { begun, work, end } = worker()
  const byHost = slotsByKey(1)
  for (const name of ['x1', 'x2', 'y1']) void byHost(name.charAt(0), work(name))
  await turn()
  expect(begun).toEqual(['x1', 'y1'])
  await end('x1')
  expect(begun).toEqual(['x1', 'y1', 'x2'])
})

test('no key takes all slots, and all keys together have no more than there are', async () => {
  const { begun, work, end } = worker()
  const fair = fairSlots(3, 2)
  for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) void fair(name.charAt(0), work(name))
  await turn()
  expect(begun).toEqual(['a1', 'a2', 'b1'])
  await end('b1')
  expect(begun).toEqual(['a1', 'a2', 'b1', 'b2'])
  await end('a1')
  expect(begun).toEqual(['a1', 'a2', 'b1', 'b2', 'a3'])
})
