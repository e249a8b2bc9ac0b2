import { expect, it, test } from 'vitest'
import { askAgainWhile, member, status } from '../../ctk/checks.ts'
import { type Folder, get, type Item } from '../../ctk/postman.ts'
import { printable } from '../../ctk/report.ts'
import { bootingAgain, isPassed, runCollection, type Summary } from '../../ctk/runner.ts'
import { type Asked, startStub } from './command.ts'

it('sends a request again as long as its script asks for it, and counts it once', async () => {
  const { summary, asked } = await run({ pending: 3 }, [awaited('first'), get('second', [status(200)])])
  expect(asked.map(({ url }) => url)).toEqual([...Array(4).fill('/api/v4/first'), '/api/v4/second'])
  expect(summary.requests).toEqual({ total: 2, repeated: 3, skipped: 0 })
  expect(summary.results.map(({ name, assertions }) => [name, assertions])).toEqual([
    ...Array(3).fill(['GET first', 0]),
    ['GET first', 3],
    ['GET second', 1]
  ])
  expect(isPassed(summary)).toBe(true)
})

it('sends the request itself again, not another one of its name, and counts anew for each', async () => {
  const name = 'The same name'
  const items = ['first', 'second', 'third'].map((path) => ({ ...awaited(path), name }))
  const { summary, asked } = await run({ pending: 3 }, items)
  expect(asked.map(({ url }) => url)).toEqual(
    ['first', 'second', 'third'].flatMap((path) => Array(4).fill(`/api/v4/${path}`))
  )
  expect(summary.requests).toEqual({ total: 3, repeated: 9, skipped: 0 })
  expect(isPassed(summary)).toBe(true)
})

it('gives up on what does not end, says so, and goes on', async () => {
  const { summary, asked } = await run({ pending: 100 }, [awaited('first'), get('second', [status(200)])])
  expect(asked).toHaveLength(TIMES + 1)
  expect(summary.requests).toEqual({ total: 2, repeated: TIMES - 1, skipped: 0 })
  expect(summary.results.flatMap(({ failed }) => failed.map(({ assertion }) => assertion))).toEqual([
    `It ends before it was asked ${TIMES} times`,
    'state is "done"'
  ])
})

it('does not ask again for what was refused, nor for what is no answer', async () => {
  const { summary, asked } = await run({ pending: 100, code: 404 }, [awaited('first')])
  expect(asked).toHaveLength(1)
  expect(summary.assertions).toEqual({ total: 3, passed: 1, failed: 2 })
})

it('tells what a script skipped from what it repeated', async () => {
  const skipped = get('skipped', [status(200)], { before: ['pm.execution.skipRequest()'] })
  const { summary, asked } = await run({ pending: 2 }, [awaited('first'), skipped, get('last', [status(200)])])
  expect(asked.map(({ url }) => url)).toEqual([...Array(3).fill('/api/v4/first'), '/api/v4/last'])
  expect(summary.requests).toEqual({ total: 2, repeated: 2, skipped: 1 })
})

it('sums up each folder by itself, of kits too, whose folders have folders of the same names', async () => {
  const below = (name: string, ...paths: string[]) => ({ name, item: paths.map((path) => get(path, [status(200)])) })
  const resource = (name: string) => ({ name, item: [below('GET', `${name}/1`, `${name}/2`), below('POST', name)] })
  const { summary } = await run({ pending: 0 }, [resource('CustomerBill'), resource('BillCycle'), below('GET', 'x')])
  const [, ...lines] = printable(summary, []).split('\n\n')[0]?.split('\n') ?? []
  expect(lines.map((line) => line.split(/ {2,}/).slice(0, 4))).toEqual([
    ['CustomerBill / GET', '2', '2', '0'],
    ['CustomerBill / POST', '1', '1', '0'],
    ['BillCycle / GET', '2', '2', '0'],
    ['BillCycle / POST', '1', '1', '0'],
    ['GET', '1', '1', '0']
  ])
})

const TIMES = 6

function awaited(path: string): Item {
  const checks = [status(200), member('state', 'done')]
  return get(path, [askAgainWhile("body.state === 'inProgress'", checks, { times: TIMES, waitMs: 1 })])
}

/** Runs the requests against a server that is not ready `pending` times per address. */
async function run(
  { pending, code = 200 }: { readonly pending: number; readonly code?: number },
  item: readonly (Folder | Item)[]
): Promise<{ readonly summary: Summary; readonly asked: readonly Asked[] }> {
  const stub = await startStub((asked) => {
    const times = stub.asked.filter(({ url }) => url === asked.url).length
    return JSON.stringify({ state: times > pending ? 'done' : 'inProgress' })
  }, code)
  const collection = { name: 'Tiny', item }
  try {
    return { summary: await runCollection({ collection, variables: { baseUrl: `${stub.url}/` } }), asked: stub.asked }
  } finally {
    stub.stop()
  }
}

test.each([
  ['Script execution timed out after 30000ms', 2, ['the sandbox of newman did not boot']],
  ['connect ECONNREFUSED', 1, []]
])('a run that ends with "%s" is made %i times', async (message, times, said) => {
  let runs = 0
  const lines: string[] = []
  const run = async () => {
    runs++
    throw new Error(message)
  }
  await expect(bootingAgain(run, (line) => lines.push(line))).rejects.toThrow(message)
  expect([runs, lines.map((line) => line.slice(0, 34))]).toEqual([times, said])
})
