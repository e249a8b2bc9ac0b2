import { readFault } from '../../messages/message.ts'

/** The cells of a row by the names of their columns, texts of a file or values of JSON. */
export type Cells = Readonly<Record<string, unknown>>

/** The fault of a row: of a column, with what was sent, or of the row as a whole. */
export interface RowFault {
  readonly column?: string | undefined
  readonly sent?: string | undefined
  readonly message: string
  readonly faultCode?: string | undefined
}

export const SHOWN_LENGTH = 40

/** Returns a fault; `fault` is an entry of FIELDS with its values. */
export function rowFault(fault: string, column?: string, sent?: string): RowFault {
  const { code: faultCode, text: message } = readFault(fault)
  return { column, sent: sent?.slice(0, SHOWN_LENGTH), message, faultCode }
}

/** Writes a fault as a part of a sentence: `due_date 2024-01-30 is not DD-MM-YYYY`. */
export function faultText({ column, sent, message }: RowFault): string {
  return [column, sent, message].filter((part) => part !== undefined).join(' ')
}
