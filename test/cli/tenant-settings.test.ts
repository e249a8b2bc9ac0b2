import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ulid.ts'
import { readCommandLine } from '../../src/cli/arguments.ts'
import { databaseCommands } from '../../src/cli/index.ts'
import { helpOn } from '../../src/cli/usage.ts'
import { sql } from '../../src/db/sql.ts'
import { logoUri } from '../documents/logo.ts'
import { parsed } from '../support/answer.ts'
import { secrets } from '../support/config.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const ACTOR = { type: 'command' as const, id: 'ops', name: 'ops' }
const ASSIGNMENTS = [
  'timeZone=Europe/Berlin',
  'currency=JPY',
  'language=de',
  'billNumberPattern=SW {yyyy}/{0001}',
  'creditNoteNumberPattern=GS {yyyy}/{0001}',
  'correctionReasons=tariff, goodwill',
  'disputeReasons=tariff, ghost',
  'unknownAccounts=create',
  'callChargeTypes=usageCharge, roamingCharge',
  'itemisation=100,usageCharge:20, roaming:eu:0',
  'accountCodes=receivable:1400,revenue/usageCharge:8400',
  'correctionApprovalLimits=EUR:100,KWD:0.125',
  'reviewRules={"firstBill": true}',
  'dunningPlan={"steps": [{"daysAfterDue": 7, "action": "reminder"}]}',
  'releaseRequires=secondUser'
]
const SETTINGS = {
  timeZone: 'Europe/Berlin',
  currency: 'JPY',
  language: 'de',
  billNumberPattern: 'SW {yyyy}/{0001}',
  creditNoteNumberPattern: 'GS {yyyy}/{0001}',
  correctionReasons: ['tariff', 'goodwill'],
  disputeReasons: ['tariff', 'ghost'],
  unknownAccounts: 'create',
  callChargeTypes: ['usageCharge', 'roamingCharge'],
  itemisation: { lines: 100, types: { usageCharge: 20, 'roaming:eu': 0 } },
  accountCodes: { receivable: '1400', 'revenue/usageCharge': '8400' },
  correctionApprovalLimits: { EUR: 100, KWD: 0.125 },
  reviewRules: { firstBill: true },
  dunningPlan: { steps: [{ daysAfterDue: 7, action: 'reminder' }] },
  releaseRequires: ['secondUser']
}

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** Runs a command with standard input and returns its output. */
async function run(words: readonly string[], input = ''): Promise<string> {
  const line = readCommandLine(databaseCommands, words)
  if (line.kind !== 'command') throw new Error('this is no command')
  const work = line.command.prepare(line.args)
  const screen = { isTerminal: false, write: () => undefined }
  const startWork = () => Promise.reject(new Error('no command here has jobs to work off'))
  const { database } = server
  const context = {
    database,
    clock: systemClock,
    newId,
    secrets,
    actor: ACTOR,
    readInput: async () => input,
    screen,
    print: () => undefined,
    interruption: () => AbortSignal.abort(),
    startWork
  }
  return (await work(context)).text
}

/** Returns a tenant from `tenant list --json`. */
async function shown(id: string) {
  const lines = (await run(['tenant', 'list', '--json'])).split('\n').map(parsed)
  return lines.find((tenant) => tenant.id === id)
}

test('A tenant is created with settings, and shown with them', async () => {
  await run(['tenant', 'create', 'seewind', 'Seewind', ...ASSIGNMENTS])
  expect(await shown('seewind')).toEqual({
    ...{ id: 'seewind', href: '/admin/v1/tenant/seewind', name: 'Seewind', isOperator: false },
    ...SETTINGS,
    createdAt: expect.any(String)
  })
})

test('Its settings are changed, its branding by standard input, and the audit says who did it', async () => {
  await run(['tenant', 'create', 'nordlicht', 'Nordlicht'])
  expect(await run(['tenant', 'set', 'nordlicht', ...ASSIGNMENTS])).toBe('set tenant nordlicht')
  expect(await shown('nordlicht')).toMatchObject(SETTINGS)
  const set = ['tenant', 'set', 'nordlicht', '--branding-stdin']
  await run(set, JSON.stringify({ logo: logoUri(6), colour: '#0b6b5d', contact: ['+49 40'] }))
  await run([...set, 'language=fr', 'callChargeTypes=', 'itemisation='], '{"contact": null}\n')
  const after = await shown('nordlicht')
  expect(after).toMatchObject({ language: 'fr', callChargeTypes: [], branding: { colour: '#0b6b5d' } })
  expect(after?.branding).toEqual({ colour: '#0b6b5d' })
  expect(after).not.toHaveProperty('itemisation')
  await run(set, 'null')
  expect(await shown('nordlicht')).not.toHaveProperty('branding')
  const { rows } = await server.database.run(sql`SELECT "actor_name", "action" FROM "audit"
    WHERE "tenant_id" = 'nordlicht' AND "resource_type" = 'Tenant' ORDER BY "id"`)
  expect(rows).toEqual(['create', 'patch', 'patch', 'patch', 'patch'].map((action) => ['ops', action]))
  expect((await shown('other'))?.language).toBe('en')
})

test.each<[readonly string[], string, string?]>([
  [['set', 'nobody', 'language=de'], 'There is no tenant with this id'],
  [['set', 'demo'], 'There must be at least one of name, timeZone, currency, language, billNumberPattern'],
  [['set', 'demo', 'timezone=UTC'], 'a tenant has no timezone to set (did you mean timeZone?)'],
  [['set', 'demo', 'branding=x'], 'a tenant has no branding to set'],
  [['set', 'demo', 'language'], '"language" is no name=value'],
  [['set', 'demo', 'language=de', 'language=fr'], 'language is given twice'],
  [['set', 'demo', 'language='], '$.language must be one of en, de, fr'],
  [['set', 'demo', 'timeZone=CET'], '$.timeZone must be UTC or a time zone of the IANA database'],
  [['set', 'demo', 'callChargeTypes=a,a'], '$.callChargeTypes must be a list of at most 50 different types'],
  [['set', 'demo', 'itemisation=few'], 'itemisation is written like 100,usageCharge:20'],
  [['set', 'demo', 'itemisation=10001'], '$.itemisation.lines must be a whole number from 0 to 10000'],
  [['set', 'demo', '--branding-stdin'], 'there is no branding on standard input', ''],
  [['set', 'demo', '--branding-stdin'], 'The body must be JSON', '{'],
  [['set', 'demo', '--branding-stdin'], '$.branding.colour must be a colour', '{"colour": "red"}'],
  [['create', 'x', 'X', 'currency=euro'], '$.currency must be a currency of ISO 4217'],
  [['create', 'x', 'X', 'id=y'], 'a tenant has no id to set']
])('tenant %j is refused: %s', async (words, message, input) => {
  const before = await shown('demo')
  await expect(run(['tenant', ...words], input)).rejects.toThrow(message)
  expect(await shown('demo')).toEqual(before)
  expect(await shown('x')).toBeUndefined()
})

test('Help says what may be set', () => {
  for (const name of ['tenant set', 'tenant create']) {
    const help = helpOn(databaseCommands, name)
    expect(help).toContain('[name=value...]')
    for (const setting of Object.keys(SETTINGS)) expect(help).toMatch(new RegExp(`^${setting} `, 'm'))
  }
})
