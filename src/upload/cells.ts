import { isStorable } from '../base/code-points.ts'
import { FIELDS } from '../messages/field.ts'
import { type Cells, rowFault, SHOWN_LENGTH } from './file/row.ts'

/** How texts of a file are read. Numbers of JSON have a point. */
export interface Reading {
  readonly decimal: '.' | ','
}

export const WITH_POINT: Reading = { decimal: '.' }

/** A column of an upload. `read` reads what was sent as text, without blanks at the ends and never empty. */
export interface Column<T> {
  readonly name: string
  readonly description: string
  readonly example: string
  readonly isRequired?: boolean
  readonly read: (sent: string, reading: Reading) => Read<T>
}

/** A value, or its fault, an entry of FIELDS. */
export type Read<T> = { readonly value: T } | { readonly fault: string }

/** Reads the cells of a row one by one and notes their faults; an unknown column is a fault, too. */
export function cellReader(cells: Cells, columns: readonly Column<unknown>[], reading: Reading) {
  const names = columns.map(({ name }) => name)
  const faults = Object.keys(cells)
    .filter((name) => !names.includes(name))
    .map((name) => rowFault(FIELDS.column(names), name.slice(0, SHOWN_LENGTH)))
  const read = <T>({ name, isRequired, read: readText }: Column<T>): T | undefined => {
    const cell = cells[name]
    const sent = textOf(cell)
    const readAs = (text: string) => readText(text, typeof cell === 'number' ? WITH_POINT : reading)
    const result = sent === '' ? undefined : sent === undefined ? { fault: FIELDS.text() } : readStorable(sent, readAs)
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

function readStorable<T>(sent: string, read: (sent: string) => Read<T>): Read<T> {
  return isStorable(sent) ? read(sent) : { fault: FIELDS.storable() }
}
