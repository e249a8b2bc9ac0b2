import { apiKey } from '../admin/api-key.ts'
import { client } from '../admin/client.ts'
import { changePassword, rotateApiKey, rotateClientSecret } from '../admin/rotation.ts'
import { OVERLAP } from '../admin/rotation-routes.ts'
import { user } from '../admin/user.ts'
import { readBody } from '../http/read-body.ts'
import { renewedSecret } from '../tmf/secret.ts'
import type { Command } from './command.ts'
import { describeId, isAnyVersion, onNamed } from './lookup.ts'
import { showCreated } from './output.ts'
import { chosenPassword } from './password.ts'

const WHOLE = /^\d+$/

export const secretCommands: Readonly<Record<string, Command>> = {
  'client rotate': {
    description: 'gives a client a new secret and prints it once; the old one stops at once',
    parameters: ['ID'],
    options: ['tenant', 'json'],
    details: () => describeId(client),
    prepare: (args) => async (context) => {
      const made = await renewedSecret(client)
      const rotate = onNamed(client, args, async (tx, writing, id) =>
        showCreated(client, await rotateClientSecret(tx, writing, { id, requireExpected: isAnyVersion }, made), args)
      )
      return rotate(context)
    }
  },
  'apiKey rotate': {
    description: 'makes a new API key with the attributes of an old one and prints it once',
    parameters: ['ID'],
    options: ['tenant', 'overlap', 'json'],
    details: () => `${describeId(apiKey)} The old key works on for SECONDS; without --overlap it stops at once.`,
    prepare: (args) => {
      const { overlap = '0' } = args.options
      const { overlapSeconds } = readBody(OVERLAP, { overlapSeconds: WHOLE.test(overlap) ? Number(overlap) : overlap })
      return async (context) => {
        const made = await renewedSecret(apiKey)
        const rotate = onNamed(apiKey, args, async (tx, writing, id) => {
          const target = { id, requireExpected: isAnyVersion }
          return showCreated(apiKey, await rotateApiKey(tx, writing, target, made, overlapSeconds), args)
        })
        return rotate(context)
      }
    }
  },
  'user password': {
    description: 'gives a user a new password; revokes all tokens of the old one',
    parameters: ['ID'],
    options: ['tenant', 'password-stdin', 'json'],
    details: () => `${describeId(user)} The password is generated and printed once, or read from standard input.`,
    prepare: (args) => async (context) => {
      const made = await renewedSecret(user, await chosenPassword(context, args))
      const change = onNamed(user, args, async (tx, writing, id) =>
        showCreated(user, await changePassword(tx, writing, { id, requireExpected: isAnyVersion }, made), args)
      )
      return change(context)
    }
  }
}
