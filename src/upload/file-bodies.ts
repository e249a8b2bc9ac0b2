import { listOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import type { Json } from '../tmf/openapi/schemas.ts'
import type { UploadKind } from './kind.ts'

const STATEMENT_EXAMPLE = `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>
<Ntry><Amt Ccy="EUR">119.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<ValDt><Dt>2026-11-27</Dt></ValDt><AcctSvcrRef>2026112700017</AcctSvcrRef>
<NtryDtls><TxDtls><RmtInf><Ustrd>BA-100031</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>`

/** Describes files of rows by their media types. */
export function fileBodies({
  columns,
  takesStatements = false
}: Pick<UploadKind, 'columns' | 'takesStatements'>): Readonly<Record<string, Json>> {
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
    },
    ...(takesStatements && {
      'application/xml': {
        schema: { ...TEXT, description: 'A bank statement or notification: camt.053, camt.054' },
        example: STATEMENT_EXAMPLE
      }
    })
  }
}
