import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apiKey } from '../../src/admin/api-key.ts'
import { client } from '../../src/admin/client.ts'
import { partner } from '../../src/admin/partner.ts'
import { user } from '../../src/admin/user.ts'
import { readCommandLine } from '../../src/cli/arguments.ts'
import { assignableNames, readAssignments } from '../../src/cli/assignments.ts'
import { Misuse } from '../../src/cli/command.ts'
import { databaseCommands } from '../../src/cli/index.ts'
import { alignColumns } from '../../src/cli/table.ts'
import { helpOn } from '../../src/cli/usage.ts'

const read = (line: string) => readCommandLine(databaseCommands, line === '' ? [] : line.split(' '))

describe('A command line', () => {
  test('is a command with parameters, assignments and options, in any order behind its name', () => {
    const orders = [
      'user set --tenant demo zoe name=Zoe scope=trust',
      'user set zoe --tenant=demo name=Zoe scope=trust',
      'user set zoe name=Zoe scope=trust --tenant demo'
    ]
    for (const line of orders) {
      expect(read(line)).toEqual({
        kind: 'command',
        command: databaseCommands.get('user set'),
        args: { parameters: ['zoe'], assignments: ['name=Zoe', 'scope=trust'], options: { tenant: 'demo' } }
      })
    }
  })

  test.each([
    ['', 'which command?; try help'],
    ['usr list', 'there is no command usr; try help'],
    ['constructor', 'there is no command constructor; try help'],
    ['user', 'user what? there are list, create, set, remove, password; try help'],
    ['user lst', 'there is no command user lst; there are list, create, set, remove, password; try help'],
    ['--tenant demo user list', 'there is no option --tenant in front of a command; try help'],
    ['user list', 'user list needs --tenant TENANT; try help user list'],
    ['user list --tenant=', 'user list needs --tenant TENANT; try help user list'],
    ['user list --tenant demo zoe', 'user list takes no arguments; try help user list'],
    ['user list --tenant demo --bogus', "Unknown option '--bogus'; try help user list"],
    ['user list --tenant demo --bogus=secret', "Unknown option '--bogus'; try help user list"],
    ['user list --tenant demo --overlap 5', 'user list takes no --overlap; try help user list'],
    ['user remove --tenant demo', 'user remove needs ID; try help user remove'],
    ['user remove --tenant demo a b', 'user remove takes ID only; try help user remove'],
    ['user set --tenant demo', 'user set needs ID name=value; try help user set'],
    ['user set --tenant demo zoe', 'user set needs name=value; try help user set'],
    ['tenant create acme', 'tenant create needs NAME; try help tenant create'],
    ['help usr', 'there is no command usr; try help'],
    ['usr --help', 'there is no command usr; try help']
  ])('%j is refused', (line, message) => {
    expect(() => read(line)).toThrow(new Misuse(message))
  })

  test.each([
    ['signing-key rotate --tenant demo --algorithm none', '--algorithm must be one of EdDSA, ES256'],
    ['audit verify --head demo:0:ff', '"demo:0:ff" is no head, which looks like demo:1204:<64 hexadecimal digits>'],
    ['user create --tenant demo username', '"username" is no name=value'],
    ['apiKey rotate --tenant demo x --overlap soon', '$.overlapSeconds must be a whole number from 0 to 604800'],
    ['apiKey rotate --tenant demo x --overlap 604801', '$.overlapSeconds must be a whole number from 0 to 604800']
  ])('%j is refused before anything is opened', (text, message) => {
    const line = read(text)
    expect(() => line.kind === 'command' && line.command.prepare(line.args)).toThrow(message)
  })

  test.each([
    ['help', ''],
    ['--help', ''],
    ['-h', ''],
    ['help user', 'user'],
    ['user -h', 'user'],
    ['help user create', 'user create'],
    ['user create --tenant demo --help username=x', 'user create']
  ])('%j asks for help', (line, topic) => {
    expect(read(line)).toEqual({ kind: 'help', topic })
  })
})

describe('Help', () => {
  test('names every command, and on every command what it takes', () => {
    for (const [name, { description, parameters = [], options = [] }] of databaseCommands) {
      expect(helpOn(databaseCommands, '')).toMatch(new RegExp(`^  ${name} +${description}$`, 'm'))
      const help = helpOn(databaseCommands, name)
      for (const word of [description, ...parameters, ...options.map((option) => `--${option}`)]) {
        expect(help).toContain(word)
      }
    }
  })

  test('on a creation names what may be set, in which form', () => {
    const help = helpOn(databaseCommands, 'apiKey create')
    for (const name of assignableNames(apiKey)) expect(help).toMatch(new RegExp(`^${name} `, 'm'))
    expect(help).toMatch(/^partner +id or accountNumber +/m)
    expect(help).toMatch(/^expiresAt +date or date-time +/m)
    expect(help).toMatch(/^scope +word,... +.*trust, bill:read.*\(required\)$/m)
  })
})

describe('Assignments', () => {
  test.each([
    [
      user,
      ['username=zoë', 'name=a=b', 'scope=bill:read, bill:write'],
      { username: 'zoë', name: 'a=b', scope: ['bill:read', 'bill:write'] }
    ],
    [user, ['isEnabled=false', 'partner=PARTNER-1'], { isEnabled: false, partner: { id: 'PARTNER-1' } }],
    [user, ['isEnabled=yes', 'name='], { isEnabled: 'yes', name: null }],
    [apiKey, ['expiresAt=2027-01-31'], { expiresAt: '2027-01-31T00:00:00.000Z' }],
    [apiKey, ['expiresAt=2027-01-31T10:00:00+01:00'], { expiresAt: '2027-01-31T10:00:00+01:00' }],
    [
      apiKey,
      ['expiresAt=tomorrow', 'allowedAddresses=10.0.0.0/8,::1'],
      { expiresAt: 'tomorrow', allowedAddresses: ['10.0.0.0/8', '::1'] }
    ],
    [
      client,
      ['isPublic=true', 'redirectUris=https://a.example/?b=c'],
      { isPublic: true, redirectUris: ['https://a.example/?b=c'] }
    ]
  ])('of a %#: %j is %j', (resource, assignments, body) => {
    expect(readAssignments(resource, assignableNames(resource), assignments)).toEqual(body)
  })

  test.each([
    [user, 'scoop=trust', 'user has no scoop to set (did you mean scope?)'],
    [
      user,
      'lastUpdate=2027-01-01',
      'user has no lastUpdate to set; there are username, name, scope, isEnabled, partner'
    ],
    [partner, '__proto__=x', 'partner has no __proto__ to set; there are accountNumber, name, billingAccount'],
    [partner, '=x', '"=x" is no name=value'],
    [apiKey, 'key=hunter2', 'the key is made, not chosen'],
    [client, 'secret=hunter2', 'the secret is made, not chosen'],
    [
      user,
      'password=hunter2',
      'the password is no argument, since others on this machine could read it; ' +
        'user create and user password take --password-stdin'
    ]
  ])('%# %j is refused', (resource, assignment, message) => {
    expect(() => readAssignments(resource, assignableNames(resource), [assignment])).toThrow(new Misuse(message))
  })

  test('give no name twice', () => {
    expect(() => readAssignments(partner, ['name'], ['name=a', 'name=b'])).toThrow(new Misuse('name is given twice'))
  })

  test('keep every text as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        expect(readAssignments(partner, ['name'], [`name=${name}`])).toEqual({ name })
      })
    )
  })
})

test('A table has a line for each row, whatever the texts hold', () => {
  const rows = [
    ['id', 'name', ''],
    ['1', 'a\nb\u001b[2J', 'x'],
    ['22', '\u{1d4b3}', 'y']
  ]
  expect(alignColumns(rows).split('\n')).toEqual(['id  name', '1   a\ufffdb\ufffd[2J  x', '22  \u{1d4b3}        y'])
})
