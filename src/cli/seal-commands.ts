import { sealingNote } from '../audit/sealing.ts'
import { startError } from '../base/start-error.ts'
import { rotateSecrets } from '../db/secrets.ts'
import type { Command } from './command.ts'

export const sealCommands: Readonly<Record<string, Command>> = {
  'secrets rotate': {
    description: 'seals every stored secret with the first of SECRET_KEYS, including unsealed ones',
    details: () =>
      'First put the new key before the old ones and restart every process; remove the old keys afterwards. The\n' +
      'command may be repeated, and run beside servers.',
    prepare:
      () =>
      async ({ database, secrets, actor, clock, newId }) => {
        const note = sealingNote({ actor, clock, newId })
        const count = await rotateSecrets(database, secrets(), note).catch((error: unknown) => {
          throw startError('Not every secret could be sealed anew', error)
        })
        return { text: `${count} ${count === 1 ? 'secret' : 'secrets'} sealed anew` }
      }
  }
}
