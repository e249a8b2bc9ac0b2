import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ulid.ts'
import { readCommandLine } from '../../src/cli/arguments.ts'
import { databaseCommands } from '../../src/cli/index.ts'
import { type BillingWorld, runToEnd, startBilling } from '../billing/world.ts'
import { secrets } from '../support/config.ts'

let world: BillingWorld
let runId: string
beforeAll(async () => {
  world = await startBilling()
  await world.server.call('PATCH', '/admin/v1/tenant/demo', { reviewRules: { amountOver: { EUR: 100 }, zero: true } })
  await world.addAccounts(1, [{ amount: '100' }])
  await world.addAccounts(1, [{ amount: '1000' }])
  await world.addAccounts(1, [{ amount: '1' }])
  runId = (await runToEnd(world)).id
})
afterAll(() => world.close())

async function run(words: string): Promise<string> {
  const line = readCommandLine(databaseCommands, words.split(' '))
  if (line.kind !== 'command') throw new Error('this is no command')
  const work = line.command.prepare(line.args)
  const result = await work({
    database: world.server.database,
    clock: systemClock,
    newId,
    secrets,
    actor: { type: 'command', id: 'ops', name: 'ops' },
    readInput: async () => '',
    screen: { isTerminal: false, write: () => undefined },
    print: () => undefined,
    interruption: () => AbortSignal.abort(),
    startWork: () => Promise.reject(new Error('no command here has jobs to work off'))
  })
  return result.text
}

const of = (verb: string, more = '') => `review ${verb} --tenant demo ${runId}${more}`

test('review lists the oddest first, releases some bills and discards the others', async () => {
  const listed = await run(of('list'))
  expect(listed.replaceAll(/\w{26}/g, 'ID').split(/ *\n */)).toEqual([
    expect.stringMatching(/^score +bill +account +amount +reasons$/),
    expect.stringMatching(/^11\.9 +ID +A000001 +1190 EUR +The amount is over 100 EUR$/),
    expect.stringMatching(/^1\.19 +ID +A000000 +119 EUR +The amount is over 100 EUR$/)
  ])
  const [bill] = /\w{26}/.exec(listed) ?? []
  expect(await run(of('release', ` --bill ${bill} --state validated`))).toBe(
    'released 1 as validated, left 0 that were no longer in review'
  )
  expect(await run(of('discard', ' --reason amountOver'))).toBe('discarded 1, left 1 that were no longer in review')
  expect((await run(of('list'))).split('\n').length).toBe(1)
})

test.each<[string, string]>([
  [' --reason odd', '--reason must be one of amountOver, overMean, zero'],
  [' --reason zero --state settled', '--state must be one of new, validated, sent'],
  [' --reason zero --bill X', 'review release needs --bill ID... or --reason REASON'],
  ['', 'review release needs --bill ID... or --reason REASON']
])('review release refuses%s', async (more, message) => {
  await expect(async () => run(of('release', more))).rejects.toThrow(message)
})
