import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { furtherJobs } from '../../src/background-jobs.ts'
import { startBillingJobs } from '../../src/billing/jobs.ts'
import { readCommandLine } from '../../src/cli/arguments.ts'
import type { Result } from '../../src/cli/command.ts'
import { databaseCommands } from '../../src/cli/index.ts'
import { secrets } from '../support/config.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { linesOf } from '../upload/file-world.ts'
import { row } from '../upload/upload-world.ts'

let server: TestServer
const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-upload-'))
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await server.close()
})

async function run(...words: readonly string[]): Promise<Result> {
  const line = readCommandLine(databaseCommands, words)
  if (line.kind !== 'command') throw new Error('this is no command')
  const { database, url } = server
  const context = { database, clock: database.clock, newId: database.newId, chunkAccounts: 1 }
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

const fileOf = (name: string, text: string) => {
  const file = path.join(folder, name)
  writeFileSync(file, text)
  return file
}
const figuresOf = ({ text }: Result) => Object.fromEntries(text.split('\n').map((line) => line.split(/ {2,}/)))

test('upload stores a file, works it off and reports; a dry run stores nothing', async () => {
  const file = fileOf('bills.ndjson', linesOf([row(), row()]))
  const dry = await run('upload', file, '--tenant', 'demo', '--dry-run')
  expect([dry.isFailure, figuresOf(dry)]).toEqual([false, expect.objectContaining({ state: 'done', created: '2' })])
  const real = await run('upload', file, '--tenant', 'demo', '--state', 'new')
  expect([real.isFailure, figuresOf(real)]).toEqual([
    false,
    expect.objectContaining({ rows: '2', created: '2', duplicate: '0', amount: '238 EUR' })
  ])
  expect((await server.call('GET', 'customerBill?state=new')).body).toHaveLength(2)
})

test('upload fails if a row is not stored, and refuses a file of another form', async () => {
  const csv = fileOf('bills.csv', 'account_number,amount,due_date,period\nX-1,-1,14-12-2099,12-2099\n')
  const result = await run('upload', csv, '--tenant', 'demo')
  expect([result.isFailure, figuresOf(result)]).toEqual([true, expect.objectContaining({ refused: '1' })])
  await expect(run('upload', 'bills.xls', '--tenant', 'demo')).rejects.toThrow('FILE must end with .csv')
})
