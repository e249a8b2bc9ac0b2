import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Queued, runLanes } from '../../src/events/lanes.ts'

const lanesOf = (...lanes: readonly string[]): readonly Queued[] => lanes.map((lane, position) => ({ lane, position }))

/** Runs with works that end when the test says so. */
function run(items: readonly Queued[], limit: number) {
  const begun: number[] = []
  const ends = new Map<number, (isDone: boolean) => void>()
  let isOpen = true
  const done = runLanes(items, {
    limit: () => limit,
    mayBegin: () => isOpen,
    work: ({ position }) => {
      begun.push(position)
      return new Promise((resolve) => ends.set(position, resolve))
    }
  })
  return {
    begun,
    done,
    close: () => {
      isOpen = false
    },
    end: async (position: number, isDone = true) => {
      ends.get(position)?.(isDone)
      await new Promise(setImmediate)
    }
  }
}

test('different lanes go on at the same time, those of one lane follow each other', async () => {
  const { begun, done, end } = run(lanesOf('a', 'a', 'b', 'a', 'c'), 10)
  expect(begun).toEqual([0, 2, 4])
  await end(0)
  expect(begun).toEqual([0, 2, 4, 1])
  await end(1)
  await end(3)
  await end(2)
  await end(4)
  await done
})

test('after a failure the rest of its lane is left, and the other lanes go on', async () => {
  const { begun, done, end } = run(lanesOf('a', 'a', 'b', 'b'), 10)
  await end(0, false)
  await end(2)
  await end(3)
  await done
  expect(begun).toEqual([0, 2, 3])
})

test('no more are under way than the limit, the lowest positions first', async () => {
  const { begun, end } = run(lanesOf('a', 'b', 'a', 'c'), 1)
  expect(begun).toEqual([0])
  await end(0)
  expect(begun).toEqual([0, 1])
  await end(1)
  expect(begun).toEqual([0, 1, 2])
})

test('once nothing may begin, it ends with what is under way', async () => {
  const { begun, done, end, close } = run(lanesOf('a', 'b', 'c'), 2)
  close()
  await end(0)
  await end(1)
  await done
  expect(begun).toEqual([0, 1])
})

test('nothing to do ends at once', async () => {
  await run([], 2).done
})

test('whatever ends in whatever order, each lane is worked off in its order, without a gap', async () => {
  const lane = fc.constantFrom('a', 'b', 'c')
  await fc.assert(
    fc.asyncProperty(fc.array(lane), fc.integer({ min: 1, max: 4 }), fc.scheduler(), async (lanes, limit, s) => {
      const items = lanesOf(...lanes)
      const worked: Queued[] = []
      let [underWay, most] = [0, 0]
      const done = runLanes(items, {
        limit: () => limit,
        mayBegin: () => true,
        work: async (item) => {
          underWay += 1
          most = Math.max(most, underWay)
          await s.schedule(Promise.resolve())
          worked.push(item)
          underWay -= 1
          return true
        }
      })
      await s.waitFor(done)
      expect(most).toBeLessThanOrEqual(limit)
      for (const one of ['a', 'b', 'c']) {
        expect(worked.filter((item) => item.lane === one)).toEqual(items.filter((item) => item.lane === one))
      }
    })
  )
})
