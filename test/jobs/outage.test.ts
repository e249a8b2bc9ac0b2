import { expect, test } from 'vitest'
import { isOutage, withinOutage } from '../../src/jobs/outage.ts'
import { SERVER } from '../../src/messages/server.ts'

const away = () => SERVER.noDatabase()
const failing = (times: number, error: () => Error) => {
  let tries = 0
  return {
    tries: () => tries,
    task: async () => {
      tries += 1
      if (tries <= times) throw error()
    }
  }
}

test.each([
  [SERVER.noDatabase(), true],
  [SERVER.statementTooLong(), false],
  [new Error('a bug'), false],
  [undefined, false]
])('%s is an outage: %s', (error, expected) => {
  expect(isOutage(error)).toBe(expected)
})

test('a task is done again while the database is away', async () => {
  const { task, tries } = failing(2, away)
  await withinOutage(task, new AbortController().signal)
  expect(tries()).toBe(3)
})

test('any other failure is one of the task', async () => {
  const { task, tries } = failing(1, () => new Error('a bug'))
  await expect(withinOutage(task, new AbortController().signal)).rejects.toThrow('a bug')
  expect(tries()).toBe(1)
})

test('who stops tries it once more at once, and does not wait', async () => {
  const { task, tries } = failing(Number.POSITIVE_INFINITY, away)
  const stopping = new AbortController()
  const work = withinOutage(task, stopping.signal)
  stopping.abort()
  await expect(work).rejects.toThrow('does not answer')
  expect(tries()).toBeLessThanOrEqual(2)
})
