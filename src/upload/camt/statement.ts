import { entryRows, type StatementRow } from './entry.ts'
import { readXml, XmlFault } from './xml.ts'

export type { StatementRow } from './entry.ts'

/** The rows of a file, or why it is refused as a whole. */
export type Statement = { readonly rows: readonly StatementRow[] } | { readonly fault: StatementFault }

export interface StatementFault {
  readonly kind: XmlFault['fault'] | 'otherMessage'
  readonly detail: string
}

/** By the element of the message: camt.053 is a statement, camt.054 a notification. */
const MESSAGES = [
  ['BkToCstmrStmt', 'Stmt'],
  ['BkToCstmrDbtCdtNtfctn', 'Ntfctn']
] as const

/**
 * Reads the credits and returns of a bank statement (camt.053) or notification (camt.054), whatever its version is:
 * booked entries only, one row a transaction.
 */
export function readStatement(source: string): Statement {
  try {
    const root = readXml(source)
    for (const path of MESSAGES) {
      const statements = root.name === 'Document' ? root.all(...path) : []
      if (statements.length > 0) return { rows: statements.flatMap(statementRows) }
    }
    return { fault: { kind: 'otherMessage', detail: root.namespace || root.name } }
  } catch (error) {
    if (error instanceof XmlFault) return { fault: { kind: error.fault, detail: error.detail } }
    throw error
  }
}

function statementRows(statement: Parameters<typeof entryRows>[0]): readonly StatementRow[] {
  const times = new Map<string, number>()
  return entryRows(statement).map((row) => {
    // Entries of one statement are different entries, also if the bank gave them the same reference.
    const { reference } = row
    const time = (times.get(reference) ?? 0) + 1
    times.set(reference, time)
    return time === 1 ? row : { ...row, reference: `${reference} #${time}` }
  })
}
