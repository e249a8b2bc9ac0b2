import { customerBill } from '../resources/customer-bill.ts'
import { ERROR_RESPONSES, headerRefs, parameterRefs, responseRef } from '../tmf/openapi/components.ts'
import type { Json } from '../tmf/openapi/schemas.ts'

const FAILURES = [400, 401, 403, 404, 405, 406, 409, 414, 429, 500, 503, 'default'] as const

const DESCRIPTION = `An **extension**: the standard does not say where \`billDocument\` leads.

Returns the document of a bill as PDF, HTML or CSV, by \`Accept\`: its number, lines, taxes and amount due. Payments
do not change it, and the same bill has the same bytes. A document posted with its \`content\` is returned unchanged.
A bill whose rates and amounts contradict each other is a 409.`

const CSV = `billNo,rateId,date,type,productId,product,name,description,periodStart,periodEnd,taxCategory,taxRate,\
currency,taxExcludedAmount,taxIncludedAmount,taxAmount,record
INV-2026-000180,01M6ADBH80B4TPYHKCZWMBD85V,2026-10-01T00:00:00.000Z,appliedBillingCharge,P-1,Fibre 500,Fibre 500,\
Basic charge,2026-10-01T00:00:00.000Z,2026-11-01T00:00:00.000Z,VAT,0.19,EUR,39.9,47.481,7.581,rate
INV-2026-000180,,,,,,,,,,VAT,0.19,EUR,39.9,,7.58,tax
`

export function documentPaths(schemes: readonly string[]): Json {
  const headers = {
    ...headerRefs('X-Request-Id', 'ETag'),
    Vary: { description: 'The document depends on `Accept`', schema: { type: 'string' } }
  }
  const disposition = { description: 'A name for the file', schema: { type: 'string' } }
  const text = { type: 'string' }
  const get = {
    operationId: 'retrieveCustomerBillDocument',
    tags: [customerBill.path],
    summary: 'Read the document of one CustomerBill (extension)',
    description: DESCRIPTION,
    'x-tmf-operation': 'extension',
    security: schemes.map((scheme) => ({ [scheme]: customerBill.scopes.read })),
    parameters: [
      ...parameterRefs('Id'),
      {
        name: 'documentId',
        in: 'path',
        required: true,
        description: 'Identifier of the document, from `billDocument` of the bill',
        schema: text
      },
      ...parameterRefs('IfNoneMatch', 'ProxyAccountNumber', 'RequestId')
    ],
    responses: {
      200: {
        description: 'The document',
        headers: { ...headers, 'Content-Disposition': disposition },
        content: {
          'application/pdf': { schema: { type: 'string', contentMediaType: 'application/pdf' } },
          'text/html': { schema: text },
          'text/csv': { schema: text, example: CSV },
          '*/*': {
            schema: { type: 'string', description: 'The posted content with its posted `mimeType`' }
          }
        }
      },
      304: { description: 'Unchanged since the version that `If-None-Match` names', headers },
      ...Object.fromEntries(FAILURES.map((status) => [status, responseRef(ERROR_RESPONSES[status].name)]))
    }
  }
  return { [`/${customerBill.path}/{id}/document/{documentId}`]: { get } }
}
