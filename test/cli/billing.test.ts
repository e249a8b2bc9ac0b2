import pino from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ulid.ts'
import { startBillingJobs } from '../../src/billing/jobs.ts'
import type { ReadRun } from '../../src/billing/runs/list.ts'
import { readCommandLine } from '../../src/cli/arguments.ts'
import { progressOn, reportRun } from '../../src/cli/bill-run-report.ts'
import type { Result } from '../../src/cli/command.ts'
import { databaseCommands } from '../../src/cli/index.ts'
import { sql } from '../../src/db/sql.ts'
import type { Answer } from '../support/answer.ts'
import { secrets } from '../support/config.ts'
import { TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const ACTOR = { type: 'command' as const, id: 'ops', name: 'ops' }

let server: TestServer
let specificationId: string
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** A specification with four accounts: two with rates, one without, one parked. */
beforeEach(async () => {
  specificationId = (
    await posted('billCycleSpecification', {
      name: 'Monthly',
      frequency: 'month',
      validFor: { startDateTime: '2026-01-01T00:00:00Z' }
    })
  ).id
  const customer = await posted('customers', { name: 'Ada' })
  for (const units of [['EUR'], ['EUR'], [], ['USD']]) {
    const account = await posted('accounts', {
      id: newId(),
      name: 'Account',
      customerId: customer.id,
      billCycleSpecification: { id: specificationId }
    })
    for (const unit of units) {
      await posted('appliedCustomerBillingRate', {
        billingAccount: { id: account.id },
        date: '2026-01-10T00:00:00Z',
        taxExcludedAmount: { unit, value: 12.5 }
      })
    }
  }
})

async function posted(path: string, body: object): Promise<Answer> {
  const reply = await server.call('POST', path, body)
  expect(reply.status, reply.text).toBe(201)
  return reply.body
}

/** Runs a command; progress goes to `shown`. No server works at jobs. */
async function run(words: string, { isTerminal = false, shown = [] as string[] } = {}): Promise<Result> {
  const line = readCommandLine(databaseCommands, words.split(' '))
  if (line.kind !== 'command') throw new Error('this is no command')
  const { database, url } = server
  const context = { database, clock: systemClock, newId }
  return line.command.prepare(line.args)({
    ...context,
    secrets,
    actor: ACTOR,
    readInput: async () => '',
    screen: { isTerminal, write: (text) => shown.push(text) },
    print: () => undefined,
    interruption: () => AbortSignal.abort(),
    startWork: () => startBillingJobs(url, { ...context, chunkAccounts: 1 }, pino({ level: 'silent' }))
  })
}

async function openCycle(): Promise<string> {
  const { text } = await run(`cycle open --tenant demo ${specificationId}`)
  return String(/^opened billCycle (\w{26}) /.exec(text)?.[1])
}

const rowsOf = ({ text }: Result) => text.split('\n').map((line) => line.split(/ {2,}/))

test('cycle open opens the one of today and then the next one', async () => {
  const first = await run(`cycle open --tenant demo ${specificationId}`)
  const [, from = '', to = ''] = /from (\S+) to (\S+)$/.exec(first.text) ?? []
  expect(from < systemClock() && systemClock() < to).toBe(true)
  const second = await run(`cycle open --tenant demo ${specificationId}`)
  expect(second.text).toMatch(new RegExp(`^opened billCycle \\w{26} \\(Monthly: .*\\) from ${to} to `))
  const { rows } = await server.database.run(sql`SELECT "actor_type", "actor_id" FROM "audit"
    WHERE "resource_type" = 'BillCycle' ORDER BY "id" DESC LIMIT 2`)
  expect(rows).toEqual([
    ['command', 'ops'],
    ['command', 'ops']
  ])
  await expect(run('cycle open --tenant demo none')).rejects.toMatchObject({ kind: 'notFound' })
  await expect(run(`cycle open --tenant other ${specificationId}`)).rejects.toMatchObject({ kind: 'notFound' })
})

test('bill-run start --wait works off the run itself, and reports on all accounts', async () => {
  const cycle = await openCycle()
  const shown: string[] = []
  const result = await run(`bill-run start --tenant demo --cycle ${cycle} --state validated --wait`, { shown })
  expect(result.isFailure).toBe(true)
  expect(rowsOf(result)).toEqual([
    ['billRun', expect.stringMatching(/^\w{26}$/)],
    ['billCycle', cycle],
    ['state', 'done'],
    ['eligible', '4'],
    ['billed', '2 as validated'],
    ['skipped', '1 nothingToBill'],
    ['parked', '1'],
    ['', expect.stringMatching(/^\w{26}: The rate \w{26} is in USD, the account in EUR$/)],
    ['amount', '25 EUR'],
    ['speed', expect.stringMatching(/^[\d,]+ bills\/s$/)]
  ])
  expect(shown.at(-1)).toMatch(/^100 % {2}4 of 4 accounts, [\d,]+ bills\/s\n$/)
  const runId = rowsOf(result)[0]?.[1]
  expect((await server.call('GET', `customerBill?billCycle.id=${cycle}&state=validated`)).body).toHaveLength(2)
  await server.database.run(sql`UPDATE "applied_customer_billing_rate" SET "tax_excluded_amount_unit" = 'EUR'
    WHERE NOT "is_billed"`)
  const retried = await run(`bill-run retry --tenant demo ${runId} --wait`, { isTerminal: true, shown })
  expect(retried.isFailure).toBe(false)
  expect(rowsOf(retried)).toEqual(
    expect.arrayContaining([
      ['eligible', '4'],
      ['billed', '3 as validated'],
      ['parked', '0']
    ])
  )
  expect(shown.slice(-2)).toEqual([expect.stringMatching(/^\r\[#{30}\] 100 % {2}4 of 4 accounts, /), '\n'])
})

test('a dry run is told to be dry, and leaves no bills', async () => {
  const cycle = await openCycle()
  const result = await run(`bill-run start --tenant demo --cycle ${cycle} --dry-run --wait`)
  expect(rowsOf(result)).toEqual(
    expect.arrayContaining([
      ['billRun', expect.stringMatching(/^\w{26} \(dry\)$/)],
      ['billed', '2'],
      ['amount', '25 EUR']
    ])
  )
  expect((await server.call('GET', `customerBill?billCycle.id=${cycle}`)).body).toEqual([])
})

test('without --wait a run is queued; it is cancelled, resumed and listed', async () => {
  const cycle = await openCycle()
  const started = await run(`bill-run start --tenant demo --cycle ${cycle}`)
  expect(rowsOf(started)).toContainEqual(['state', 'queued'])
  expect(started.isFailure).toBe(false)
  const id = rowsOf(started)[0]?.[1]
  const cancelled = await run(`bill-run cancel --tenant demo ${id}`)
  expect(rowsOf(cancelled)).toContainEqual(['state', 'cancelled'])
  expect(cancelled.isFailure).toBe(true)
  expect(rowsOf(await run(`bill-run resume --tenant demo ${id} --wait`))).toContainEqual(['billed', '2 as new'])
  const list = rowsOf(await run('bill-run list --tenant demo'))
  expect(list[0]?.slice(0, 3)).toEqual(['id', 'state', 'billCycle'])
  expect(list[1]?.slice(0, 6)).toEqual([id, 'done', cycle, 'false', '4', '2'])
  const [latest = ''] = (await run('bill-run list --tenant demo --json')).text.split('\n')
  expect(JSON.parse(latest)).toMatchObject({ id, state: 'done', billed: 2 })
  expect((await run('bill-run list --tenant other')).text.split('\n')).toHaveLength(1)
  const some = await run(`bill-run discard --tenant demo ${id} --filter amountDue.value.lt=0`)
  expect(some.text).toBe('discarded 0, left 0 that were issued')
  expect((await run(`bill-run discard --tenant demo ${id}`)).text).toBe('discarded 2, left 0 that were issued')
  expect(rowsOf(await run(`bill-run retry --tenant demo ${id} --wait`))).toContainEqual(['billed', '2 as new'])
  await expect(run(`bill-run discard --tenant other ${id}`)).rejects.toMatchObject({ kind: 'notFound' })
  await expect(run(`bill-run cancel --tenant demo ${id}`)).rejects.toMatchObject({ kind: 'conflict' })
  await expect(run(`bill-run cancel --tenant other ${id}`)).rejects.toMatchObject({ kind: 'notFound' })
})

test.each([
  ['bill-run start --tenant demo', 'bill-run start needs --cycle ID; try help bill-run start'],
  ['bill-run start --tenant demo --cycle x --state paid', '--state must be one of new, validated, sent'],
  ['bill-run cancel --tenant demo x --wait', 'bill-run cancel takes no --wait; try help bill-run cancel']
])('%j is misuse', async (line, message) => {
  await expect(run(line)).rejects.toThrow(message)
})

test('ledger verify says of each tenant that it is sound, or fails with the first difference', async () => {
  expect(await run('ledger verify')).toMatchObject({ isFailure: false, text: expect.stringMatching(/^demo: sound, /m) })
  await server.database.run(
    sql`INSERT INTO "account_balance" SELECT ${TENANT}, "id", 'EUR', 7 FROM "billing_account" LIMIT 1
      ON CONFLICT ("tenant_id", "account_id", "currency") DO UPDATE SET "credit" = 7`
  )
  const { text, isFailure } = await run('ledger verify')
  expect(text).toMatch(/^demo: NOT SOUND: .* has a credit of 7 EUR, but 0 in the ledger$/m)
  expect(isFailure).toBe(true)
})

const RUN: ReadRun = {
  id: 'R1',
  state: 'running',
  billCycle: { id: 'C1' },
  dryRun: false,
  billState: 'new',
  eligible: 200_000,
  billed: 89_000,
  reviewCount: 0,
  skipped: [{ reason: 'nothingToBill', count: 1_000 }],
  parkedCount: 0,
  parked: [],
  amount: [],
  billsPerSecond: 4_512,
  startedAt: '2026-04-01T00:00:00.000Z',
  estimatedEnd: '2026-04-01T00:01:02.000Z'
}

test('a bar shows how far a run is; where there is no terminal, a line every tenth', () => {
  const line = '45 %  90,000 of 200,000 accounts, 4,512 bills/s, until 00:01:02 UTC'
  const bar: string[] = []
  const onTerminal = progressOn({ isTerminal: true, write: (text) => bar.push(text) })
  onTerminal.show({ ...RUN, state: 'queued' })
  onTerminal.show(RUN)
  onTerminal.end()
  expect(bar).toEqual([`\r[${'#'.repeat(13)}${'.'.repeat(17)}]  ${line}\u001b[K`, '\n'])
  const lines: string[] = []
  const elsewhere = progressOn({ isTerminal: false, write: (text) => lines.push(text) })
  for (const billed of [0, 89_000, 90_000, 97_000, 199_000]) elsewhere.show({ ...RUN, billed })
  elsewhere.show({ ...RUN, state: 'done', billed: 199_000 })
  elsewhere.end()
  expect(lines.map((text) => text.slice(0, 5))).toEqual(['  0 %', ' 45 %', ' 99 %', '100 %'])
})

test.each([true, false])(
  'after the last account, the end of a run is shown when it comes (terminal: %s)',
  (isTerminal) => {
    const shown: string[] = []
    const progress = progressOn({ isTerminal, write: (text) => shown.push(text) })
    progress.show({ ...RUN, billed: 199_000 })
    progress.show({ ...RUN, billed: 199_000, state: 'done' })
    expect(shown).toEqual([expect.stringContaining(' 99 %'), expect.stringContaining('100 %')])
    expect(shown[1]).not.toContain('until')
  }
)

test('of more parked accounts than a run shows, the number of the others is said', () => {
  const parked = [{ billingAccount: { id: 'A1' }, reason: 'in USD' }]
  const { text } = reportRun({ ...RUN, state: 'done', eligible: 90_003, parkedCount: 3, parked })
  expect(text).toMatch(/^parked {5}3\n +A1: in USD\n +and 2 more$/m)
})
