import { parseHead, report } from '../audit/report.ts'
import { type Head, verifyAudit } from '../audit/verify.ts'
import { type Command, Misuse } from './command.ts'

export const auditCommands: Readonly<Record<string, Command>> = {
  'audit verify': {
    description: 'verifies that no sealed row of the audit was changed, or names the first changed one',
    options: ['head'],
    details: () =>
      'It exits with 1 if one was. HEAD is the end of a chain, printed earlier and kept elsewhere: demo:1204:5f0c...',
    prepare: ({ options }) => {
      const expected = (options.head ?? []).map(readHead)
      return async ({ database }) => {
        const { text, isSound } = report(await verifyAudit(database, { expected }))
        return { text, isFailure: !isSound }
      }
    }
  }
}

function readHead(text: string): Head {
  const head = parseHead(text)
  if (head) return head
  throw new Misuse(`${JSON.stringify(text)} is no head, which looks like demo:1204:<64 hexadecimal digits>`)
}
