import { listOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import type { Json } from '../tmf/openapi/schemas.ts'
import type { Column } from './cells.ts'

/** Describes files of rows by their media types. */
export function fileBodies(columns: readonly Column<unknown>[]): Readonly<Record<string, Json>> {
  const required = columns.filter(({ isRequired }) => isRequired)
  const shown = required.length > 0 ? required : columns
  const cells = columns.map(({ name, description, example }) => {
    return [name, { type: ['string', 'number', 'null'], description, examples: [example] }] as const
  })
  const optional = columns.filter(({ isRequired }) => !isRequired).map(({ name }) => name)
  const row = objectOf(Object.fromEntries(cells), optional)
  const rowExample = Object.fromEntries(shown.map(({ name, example }) => [name, example]))
  const lines = [shown.map(({ name }) => name), shown.map(({ example }) => example)]
  const csvExample = lines.map((line) => `${line.join()}\n`).join('')
  return {
    'text/csv': { schema: { ...TEXT, description: 'Rows under a header' }, example: csvExample },
    'application/x-ndjson': { schema: row, example: rowExample },
    'application/json': { schema: listOf(row), example: [rowExample] },
    'multipart/form-data': {
      schema: objectOf({ file: { contentMediaType: 'text/csv', description: 'A file of a type above' } }),
      example: { file: csvExample }
    }
  }
}
