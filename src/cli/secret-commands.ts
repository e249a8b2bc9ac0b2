import { apiKey } from '../admin/api-key.ts'
import { client } from '../admin/client.ts'
import { changePassword, rotateApiKey, rotateClientSecret } from '../admin/rotation.ts'
import { OVERLAP } from '../admin/rotation-routes.ts'
import { user } from '../admin/user.ts'
import { readBody } from '../http/read-body.ts'
import type { Resource } from '../tmf/declaration/resource.ts'
import { renewedSecret } from '../tmf/secret.ts'
import type { Arguments, Command, Work } from './command.ts'
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
    prepare: (args) => renewing(client, args, rotateClientSecret)
  },
  'apiKey rotate': {
    description: 'makes a new API key with the attributes of an old one and prints it once',
    parameters: ['ID'],
    options: ['tenant', 'overlap', 'json'],
    details: () => `${describeId(apiKey)} The old key works on for SECONDS; without --overlap it stops at once.`,
    prepare: (args) => {
      const { overlap = '0' } = args.options
      const { overlapSeconds } = readBody(OVERLAP, { overlapSeconds: WHOLE.test(overlap) ? Number(overlap) : overlap })
      return renewing(apiKey, args, (...renewal) => rotateApiKey(...renewal, overlapSeconds))
    }
  },
  'user password': {
    description: 'gives a user a new password; revokes all tokens of the old one',
    parameters: ['ID'],
    options: ['tenant', 'password-stdin', 'json'],
    details: () => `${describeId(user)} The password is generated and printed once, or read from standard input.`,
    prepare: (args) => renewing(user, args, changePassword)
  }
}

/** Makes the secret, which may take long, before the transaction. */
function renewing(resource: Resource, args: Arguments, renew: typeof rotateClientSecret): Work {
  return async (context) => {
    const made = await renewedSecret(resource, await chosenPassword(context, args))
    const renewed = onNamed(resource, args, async (tx, writing, id) =>
      showCreated(resource, await renew(tx, writing, { id, requireExpected: isAnyVersion }, made), args)
    )
    return renewed(context)
  }
}
