import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { furtherJobs } from '../../src/background-jobs.ts'
import { systemClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ulid.ts'
import { startBillingJobs } from '../../src/billing/jobs.ts'
import { readCommandLine } from '../../src/cli/arguments.ts'
import type { Result } from '../../src/cli/command.ts'
import { databaseCommands } from '../../src/cli/index.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { addAccount, credits, startLedger } from '../billing/ledger-world.ts'
import { secrets } from '../support/config.ts'
import type { TestServer } from '../support/server.ts'

let server: TestServer
let folder: string
beforeAll(async () => {
  server = await startLedger()
  folder = await mkdtemp(path.join(tmpdir(), 'payments-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await server.close()
})

async function run(name: string, content?: string): Promise<Result> {
  const file = path.join(folder, name)
  if (content !== undefined) await writeFile(file, content)
  const line = readCommandLine(databaseCommands, ['payment', 'import', file, '--tenant', 'demo'])
  if (line.kind !== 'command') throw new Error('this is no command')
  const { database, url } = server
  const context = { database, clock: systemClock, newId, chunkAccounts: 1 }
  return line.command.prepare(line.args)({
    ...context,
    secrets,
    actor: { type: 'command', id: 'ops', name: 'ops' },
    readInput: async () => '',
    screen: { isTerminal: false, write: () => undefined },
    print: () => undefined,
    interruption: () => AbortSignal.abort(),
    startWork: () => startBillingJobs(url, context, pino({ level: 'silent' }), furtherJobs(context))
  })
}

const countsIn = ({ text }: Result) =>
  Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.split(/ +/))
      .filter((words) => words.length === 2)
  )

test('payment import takes a thousand payments, once, and fails for rows that are refused', async () => {
  const accounts = await Promise.all(Array.from({ length: 40 }, () => addAccount(server)))
  const lines = Array.from({ length: 1_000 }, (_, at) => `${accounts[at % 40]},2.5,27-11-2026,line ${at},cash`)
  const csv = ['account_number,amount,date,reference,method', ...lines].join('\n')
  const first = await run('november.csv', csv)
  expect(first.isFailure).toBe(false)
  expect(countsIn(first)).toMatchObject({ created: '1000', duplicate: '0', unmatched: '0', refused: '0' })
  expect(first.text).toMatch(/^paymentImport \w{26}: done, 1000 rows\n.*amount {5}2500 EUR$/s)
  expect(await credits(server, String(accounts[0]))).toEqual({ EUR: 62.5 })
  const again = await run('november.csv', `${csv}\nnobody,1,27-11-2026,line x,cash`)
  expect([again.isFailure, countsIn(again)]).toMatchObject([false, { duplicate: '1000', unmatched: '1' }])
  const refused = await run('more.csv', `${csv}\nnobody,0,27-11-2026,line y,cash`)
  expect([refused.isFailure, countsIn(refused)]).toMatchObject([true, { duplicate: '1000', refused: '1' }])
  expect(reportLedger(await verifyLedger(server.database))).toMatchObject({ isSound: true })
})

test('payment import says which files it takes', async () => {
  await expect(run('november.pdf', 'x')).rejects.toThrow('FILE must end with .csv, .tsv, .ndjson, .json, .xml')
  await expect(run('none.csv')).rejects.toThrow('there is no file')
  await expect(run('empty.xml', '<a>')).rejects.toThrow('The file must be well-formed XML')
})
