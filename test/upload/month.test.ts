import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { readCommandLine } from '../../src/cli/arguments.ts'
import { databaseCommands } from '../../src/cli/index.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccount, addBill } from '../billing/ledger-world.ts'
import { addAccounts } from '../support/accounts.ts'
import { secrets } from '../support/config.ts'
import { addPartner, KEYS, OTHER_TENANT, TENANT } from '../support/database.ts'
import { BILL_UPLOAD, type FileWorld, startFileUpload } from './file-world.ts'
import { row } from './upload-world.ts'

let world: FileWorld
beforeAll(async () => {
  world = await startFileUpload()
  await world.database.run(sql`UPDATE "tenant" SET "time_zone" = 'Europe/Berlin'`)
  await world.database.run(sql`UPDATE "customer" SET "name" = '=Ada; "A"'`)
  await world.database.run(sql`UPDATE "tenant" SET "bill_number_pattern" = 'NEW-{0001}' WHERE "id" = ${OTHER_TENANT}`)
})
afterAll(() => world.close())

const tokenOf = (tenant: keyof typeof KEYS) => ({ token: KEYS[tenant] })

/** Runs `bill export`; returns the lines that it prints, and its words about them. */
async function exported(more = ''): Promise<{ lines: readonly string[]; told: string }> {
  const line = readCommandLine(databaseCommands, `bill export --tenant ${TENANT}${more}`.split(' '))
  if (line.kind !== 'command') throw new Error('this is no command')
  const [lines, told]: [string[], string[]] = [[], []]
  const { database } = world
  const result = await line.command.prepare(line.args)({
    ...{ database, clock: database.clock, newId, secrets, actor: { type: 'command', id: 'ops', name: 'ops' } },
    readInput: async () => '',
    screen: { isTerminal: false, write: (text) => told.push(text) },
    print: (text) => lines.push(text),
    interruption: () => AbortSignal.abort(),
    startWork: () => Promise.reject(new Error('an export starts no work'))
  })
  expect(result).toEqual({ text: '' })
  return { lines, told: told.join('') }
}

/** Sends a file of CSV to the other tenant, and reads the upload when it has ended. */
async function bring(path: string, lines: readonly string[]) {
  const other = tokenOf(OTHER_TENANT)
  const [address = ''] = path.split('?')
  const { body } = await world.call('POST', path, lines.join('\n'), { 'content-type': 'text/csv', ...other })
  return world.ended(body.id, address, other)
}

/** Returns what both tenants must say of an account. */
async function saidOf(tenant: keyof typeof KEYS, account: string) {
  const ask = async (path: string) => (await world.call('GET', path, undefined, tokenOf(tenant))).body
  const statement = await ask(`accounts/${account}/statement?from=2026-01-01&to=2099-12-31`)
  const { openingBalance, payments, totalCharges, closingBalance } = statement
  const bills = await ask(`customerBill?billingAccount.id=${account}&sort=billNo`)
  return {
    statement: { openingBalance, payments, totalCharges, closingBalance },
    bills: bills.map(({ billNo, amountDue }) => ({ billNo, amountDue }))
  }
}

test('a month of bills goes out as CSV, and comes in at another tenant with equal statements', async () => {
  const april = '2026-03-31T22:30:00.000Z'
  const [taxed, dinars] = [await addAccount(world, { tax: 0.19 }), await addAccount(world, { currency: 'KWD' })]
  const [formula, nothing, twice] = [`-${newId()}`, await addAccount(world), newId()]
  await addAccounts(world.database, [formula])
  const taxes = ['VAT', 'GST'].map((taxCategory) => ({ taxCategory, taxRate: 0.05 }))
  await addAccounts(world.database, [twice], { taxes })
  const rates = { usageCharge: '10.004', recurringCharge: '5.004', appliedBillingCredit: '-2' }
  for (const account of [taxed, taxed, dinars, formula, twice]) await addBill(world, account, { date: april, rates })
  const partnerId = await addPartner(world.database, TENANT, 'P-1')
  await addBill(world, await addAccount(world, { partnerId }), { date: april, rates })
  await addBill(world, nothing, { date: april, rates: { usageCharge: '10', appliedBillingCredit: '-10' } })
  await addBill(world, await addAccount(world), { date: '2026-03-31T21:30:00.000Z', rates })

  const { lines, told } = await exported(' --period 04-2026')
  expect(told).toBe('5 bills exported, 2 left out\n')
  expect(lines[0]).toBe(
    'account_number,amount,due_date,period,bill_no,currency,tax_excluded_amount,tax_category,tax_rate,bill_date,name,' +
      'description,document_url,external_id,error'
  )
  const first = `${taxed},15.48,01-04-2026,04-2026,INV-2026-000001,EUR,13.01,VAT,0.19,01-04-2026,"'=Ada; ""A""",,,`
  expect(lines[1]).toMatch(new RegExp(`^${first.replaceAll('.', '\\.')}\\w{26},$`))
  expect(lines.find((line) => line.startsWith(twice))).toMatch(/,EUR,,,,01-04-2026,/)
  expect((await exported()).told).toBe('6 bills exported, 2 left out\n')

  const customers = ['customer_number,name', 'C1,Ada']
  expect(await bring('/billing/v1/customerImport', customers)).toMatchObject({ state: 'done', created: 1 })
  const accounts = [taxed, dinars, formula, twice].map((id) => `${id},Account,C1,${id === dinars ? 'KWD' : 'EUR'}`)
  const imported = await bring('/billing/v1/accountImport', [
    'account_number,name,customer_number,currency',
    ...accounts
  ])
  expect(imported).toMatchObject({ state: 'done', created: 4, refused: 0 })
  expect(await bring(BILL_UPLOAD, lines)).toMatchObject({ created: 0, refused: 5 })
  expect(await bring(`${BILL_UPLOAD}?past=accept`, lines)).toMatchObject({ state: 'done', created: 5, refused: 0 })
  expect(await bring(`${BILL_UPLOAD}?past=accept`, lines)).toMatchObject({ created: 0, duplicate: 5 })

  for (const account of [taxed, dinars, formula, twice]) {
    const here = await saidOf(TENANT, account)
    expect(here.statement).toMatchObject({ openingBalance: { value: 0 }, payments: { value: 0 } })
    expect(here.bills).toHaveLength(account === taxed ? 2 : 1)
    expect(await saidOf(OTHER_TENANT, account)).toEqual(here)
  }
})

test('bills of other systems go out as they came in, without those that are not issued', async () => {
  const sent = {
    ...row({ name: 'Zoë', description: 'Heating, 2099', document_url: 'https://bills.example.com/1.pdf' }),
    bill_no: 'U-1'
  }
  await world.sendToEnd([sent])
  await world.sendToEnd([row()], '?state=new')
  const { lines, told } = await exported(' --period 12-2099')
  expect(told).toBe('1 bills exported, 0 left out\n')
  expect(lines[1]).toMatch(
    new RegExp(
      `^${sent.account_number},119,31-12-2099,12-2099,U-1,EUR,,,,,Zoë,"Heating, 2099",` +
        'https://bills\\.example\\.com/1\\.pdf,\\w{26},$'
    )
  )
})

test('the month of an export has the form of the column', () => {
  const line = readCommandLine(databaseCommands, 'bill export --tenant demo --period 2026-04'.split(' '))
  expect(() => line.kind === 'command' && line.command.prepare(line.args)).toThrow('--period must be a month: 11-2026')
})
