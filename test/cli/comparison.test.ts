import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { furtherJobs } from '../../src/background-jobs.ts'
import { systemClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ulid.ts'
import { startBillingJobs } from '../../src/billing/jobs.ts'
import { readCommandLine } from '../../src/cli/arguments.ts'
import type { Result } from '../../src/cli/command.ts'
import { databaseCommands } from '../../src/cli/index.ts'
import { helpOn } from '../../src/cli/usage.ts'
import { bill, type ComparisonWorld, startComparing } from '../comparison/comparison-world.ts'
import { secrets } from '../support/config.ts'

let world: ComparisonWorld
let given: string
beforeAll(async () => {
  world = await startComparing()
  const [equal = '', near = ''] = await world.addAccounts(2, [{ amount: '100' }])
  await world.legacy(bill(equal, [100, 119]), bill(near, [100, 119.01]))
  given = `compare --tenant demo --cycle ${world.cycleId} --run ${await world.dryRun()}`
})
afterAll(() => world.close())

async function run(words: string): Promise<Result> {
  const line = readCommandLine(databaseCommands, words.split(' '))
  if (line.kind !== 'command') throw new Error('this is no command')
  const { database, url } = world.server
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

test('compare reports all differences, and fails beyond the tolerance only', async () => {
  const { text, isFailure } = await run(given)
  expect(isFailure).toBe(true)
  expect(text.replace(/\w{26}/, 'ID')).toBe(
    [
      'comparison    ID',
      'state         done',
      'equal         1',
      'differs       1',
      'onlyHere      0',
      'onlyThere     0',
      'reasons       1 tax',
      '              1 amount',
      'not compared  2 lines',
      'EUR           here 238, there 238.01, difference -0.01',
      'largest       A000001: differs amount tax, -0.01 EUR'
    ].join('\n')
  )
  const near = await run(`${given} --tolerance JPY=5 --tolerance EUR=0.01`)
  expect(near).toMatchObject({ isFailure: false, text: expect.stringMatching(/equal +2/) })
})

test.each([
  ['--tolerance 0.01', '--tolerance must be a currency and an amount such as EUR=0.01, not 0.01'],
  ['--tolerance EUR=-1', '--tolerance must be a currency and an amount such as EUR=0.01, not EUR=-1'],
  ['--tolerance EUR=1e-11', 'the amount of --tolerance EUR=1e-11 must have at most 10 decimal places'],
  ['--dry-run', 'compare takes no --dry-run; try help compare']
])('compare is wrong with %s', (more, message) => {
  const prepared = () => {
    const line = readCommandLine(databaseCommands, `${given} ${more}`.split(' '))
    return line.kind === 'command' && line.command.prepare(line.args)
  }
  expect(prepared).toThrow(message)
})

test.each([
  ['--cycle C', 'compare needs --run ID; try help compare'],
  ['--run R', 'compare needs --upload ID or --cycle ID; try help compare'],
  ['--run R --upload U --cycle C', 'compare needs --upload ID or --cycle ID; try help compare']
])('compare with %s is wrong', (more, message) => {
  const words = `compare --tenant demo ${more}`.split(' ')
  expect(() => readCommandLine(databaseCommands, words)).toThrow(message)
})

test('the help on compare shows the alternatives', () => {
  expect(helpOn(databaseCommands, 'compare')).toContain('--tenant TENANT --run ID (--upload ID | --cycle ID)')
})
