import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import type { Answer } from '../support/answer.ts'
import { until } from '../support/until.ts'
import { BILL_UPLOAD, type FileWorld, startFileUpload } from './file-world.ts'
import { row } from './upload-world.ts'

const RUNS = 8
const KEYS = 5

let world: FileWorld
beforeAll(async () => {
  world = await startFileUpload()
})
afterAll(() => world.close())

const drawn = fc.record({
  key: fc.nat(KEYS - 1),
  amount: fc.constantFrom(1, 2),
  isGood: fc.constantFrom(true, true, false)
})
const file = fc.record({
  rows: fc.array(drawn, { minLength: 1, maxLength: 8 }),
  isDry: fc.boolean(),
  isAtomic: fc.boolean()
})
type File = typeof file extends fc.Arbitrary<infer F> ? F : never

const FIGURES = ['created', 'duplicate', 'conflict', 'refused', 'notStored'] as const

/** Stores rows in memory as an upload does. */
function model(known: Map<string, number>, { rows, isDry, isAtomic }: File, name: (key: number) => string) {
  const own = new Map(known)
  const statuses = rows.map(({ key, amount, isGood }) => {
    if (!isGood) return 'refused'
    const before = own.get(name(key))
    if (before === undefined) own.set(name(key), amount)
    return before === undefined ? 'created' : before === amount ? 'duplicate' : 'conflict'
  })
  const isUndone = isAtomic && statuses.some((status) => status === 'conflict' || status === 'refused')
  const kept = statuses.map((status, at) => {
    const { key = 0 } = rows[at] ?? {}
    const isMade = status === 'created' || (status === 'duplicate' && !known.has(name(key)))
    return isUndone && isMade ? 'notStored' : status
  })
  if (!isDry && !isUndone) for (const [key, amount] of own) known.set(key, amount)
  return FIGURES.map((figure) => kept.filter((status) => status === figure).length)
}

test('files one after another have the figures of a model in memory', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 4 }), async (files) => {
      const { account_number: run } = row()
      const name = (key: number) => `${run}-${key}`
      const known = new Map<string, number>()
      for (const one of files) {
        const query = `?dryRun=${one.isDry}&atomic=${one.isAtomic}`
        const rows = one.rows.map(({ key, amount, isGood }) =>
          row({ account_number: name(key), amount, ...(!isGood && { due_date: 'never' }) })
        )
        const upload = await world.sendToEnd(rows, query)
        expect([query, FIGURES.map((figure) => figureOf(upload, figure))]).toEqual([query, model(known, one, name)])
      }
      const { rows } = await world.database.run(sql`SELECT "account_number" FROM "uploaded_bill"
        WHERE "account_number" LIKE ${`${run}-%`} ORDER BY 1`)
      expect(rows.map(([account]) => account)).toEqual([...known.keys()].sort())
    }),
    { numRuns: RUNS }
  )
})

function figureOf(
  { created, duplicate, conflict, refused, notStored }: Answer,
  name: (typeof FIGURES)[number]
): number {
  return { created, duplicate, conflict, refused, notStored }[name]
}

test('the same file sent twice at once makes each bill once', async () => {
  const rows = Array.from({ length: 1_500 }, () => row())
  const [one, other] = await Promise.all([world.sendToEnd(rows), world.sendToEnd(rows.toReversed())])
  expect([one.created + other.created, one.duplicate + other.duplicate]).toEqual([1_500, 1_500])
})

test('an upload cancelled midway keeps what it stored; the rest is stored when it is sent again', async () => {
  const rows = Array.from({ length: 6_000 }, () => row())
  const { id } = (await world.send(rows)).body
  await until('it has begun', async () => (await world.call('GET', `${BILL_UPLOAD}/${id}`)).body.created > 0)
  const { status, body } = await world.call('POST', `${BILL_UPLOAD}/${id}/cancel`)
  expect([
    [202, 'cancelled'],
    [409, undefined]
  ]).toContainEqual([status, body.state])
  const cancelled = await world.ended(id)
  const again = await world.sendToEnd(rows)
  expect([again.created, again.duplicate]).toEqual([6_000 - cancelled.created, cancelled.created])
  expect((await world.call('GET', `${BILL_UPLOAD}/${id}`)).body.created).toBe(cancelled.created)
})
