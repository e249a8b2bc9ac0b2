import { isStorable } from '../base/code-points.ts'
import { FIELDS } from '../messages/field.ts'
import { readFault } from '../messages/message.ts'

/** A column of an upload. `read` reads what was sent as text, without blanks at the ends and never empty. */
export interface Column<T> {
  readonly name: string
  readonly description: string
  readonly example: string
  readonly isRequired?: boolean
  readonly read: (sent: string) => Read<T>
}

/** A value, or its fault, an entry of FIELDS. */
export type Read<T> = { readonly value: T } | { readonly fault: string }

/** The fault of a row: of a column, with what was sent, or of the row as a whole. */
export interface RowFault {
  readonly column?: string | undefined
  readonly sent?: string | undefined
  readonly message: string
  readonly faultCode?: string | undefined
}

/** The cells of a row by the names of their columns, texts of a file or values of JSON. */
export type Cells = Readonly<Record<string, unknown>>

export function rowFault(fault: string, column?: string, sent?: string): RowFault {
  const { code: faultCode, text: message } = readFault(fault)
  return { column, sent: sent?.slice(0, SHOWN_LENGTH), message, faultCode }
}

/** Writes a fault as a part of a sentence: `due_date 2024-01-30 is not DD-MM-YYYY`. */
export function faultText({ column, sent, message }: RowFault): string {
  return [column, sent, message].filter((part) => part !== undefined).join(' ')
}

const SHOWN_LENGTH = 40

/** Reads the cells of a row one by one and notes their faults; an unknown column is a fault, too. */
export function cellReader(cells: Cells, columns: readonly Column<unknown>[]) {
  const names = columns.map(({ name }) => name)
  const faults = Object.keys(cells)
    .filter((name) => !names.includes(name))
    .map((name) => rowFault(FIELDS.column(names), name.slice(0, SHOWN_LENGTH)))
  const read = <T>({ name, isRequired, read: readText }: Column<T>): T | undefined => {
    const sent = textOf(cells[name])
    const result =
      sent === '' ? undefined : sent === undefined ? { fault: FIELDS.text() } : readStorable(sent, readText)
    if (result && 'value' in result) return result.value
    if (result) faults.push(rowFault(result.fault, name, sent))
    else if (isRequired) faults.push(rowFault(FIELDS.required(), name))
    return undefined
  }
  return { read, faults }
}

/** Returns the text of a cell, empty for none; undefined for a value that is none. */
function textOf(cell: unknown): string | undefined {
  switch (typeof cell) {
    case 'string':
      return cell.trim()
    case 'number':
      return String(cell)
    default:
      return cell === undefined || cell === null ? '' : undefined
  }
}

function readStorable<T>(sent: string, read: Column<T>['read']): Read<T> {
  return isStorable(sent) ? read(sent) : { fault: FIELDS.storable() }
}
