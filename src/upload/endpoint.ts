import { z } from 'zod'
import { slotOf } from '../fairness/request-slot.ts'
import { isLines } from '../http/lines.ts'
import { BODIES } from '../messages/body.ts'
import { UPLOADS } from '../messages/upload.ts'
import { listOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { type Answer, type Asked, anyQuery, type Endpoint, endpoint } from '../tmf/serving/endpoint.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { BILL_COLUMNS } from './bill-row.ts'
import { faultText } from './file/row.ts'
import type { BillLine } from './judge.ts'
import type { Result } from './kind.ts'
import { type Place, placeOf } from './place.ts'
import { readPreference } from './preference.ts'
import { readLines } from './read-lines.ts'
import { STATUSES } from './results.ts'
import { isStored, storeBills } from './store.ts'

/** The path that clients of the field know. */
export const UPLOADS_PATH = '/bills'

const ROWS_MAX = 10_000
/** Rows that the reason of a failure names. */
const NAMED_ROWS_MAX = 20
const REASON = 'err'

const ROWS = z
  .array(
    z.strictObject(
      Object.fromEntries(
        BILL_COLUMNS.map(({ name, isRequired, description, example }) => {
          const cell = z.union([z.string(), z.number()]).meta({ description, examples: [example] })
          return [name, isRequired ? cell : cell.nullish()]
        })
      )
    )
  )
  .min(1)
  .max(ROWS_MAX)

const EXAMPLE = [{ account_number: 'BA-100031', amount: 119, due_date: '14-12-2099', period: '12-2099' }]

export const UPLOAD_RESULT = objectOf(
  {
    line: { type: 'integer', minimum: 1, description: 'Number of the row' },
    status: { ...TEXT, enum: [...STATUSES] },
    id: { ...TEXT, description: 'The bill that the row made, now or before' },
    href: { ...TEXT, format: 'uri', description: 'Its address' },
    errors: listOf(
      objectOf(
        {
          column: { ...TEXT, description: 'The column at fault, unless it is the whole row' },
          message: { ...TEXT, description: 'The fault' },
          faultCode: { ...TEXT, description: 'Names the fault, independent of its wording' }
        },
        ['column']
      )
    )
  },
  ['id', 'href', 'errors']
)

const EMPTY = { type: 'object', maxProperties: 0 }
const RESULTS = listOf(schemaRef('UploadResult'))
const FAILURE = objectOf({ [REASON]: { ...TEXT, description: 'The rows at fault, by number, and why' } })

const headers = ['Preference-Applied'] as const
const REPLIES = {
  200: { description: 'An empty object, or the result of each row', schema: { oneOf: [EMPTY, RESULTS] }, headers },
  400: { description: 'At least one row has a fault; nothing is stored', schema: FAILURE, headers },
  409: { description: 'A row has other content than before; nothing is stored', schema: FAILURE, headers },
  422: { description: 'With `handling=strict`: not all rows can be stored, so none is', schema: RESULTS, headers }
}

export function uploadRows(apiBase: string): Endpoint {
  const { register, description } = endpoint({
    method: 'POST',
    path: UPLOADS_PATH,
    operationId: 'uploadBills',
    tag: 'upload',
    summary: 'Upload bills of another system',
    description: `Stores a bill for each row, all or none. With \`Prefer: return=representation\` it returns what
became of each row and stores the good ones, or with \`handling=strict\` all or none. The same row makes one bill,
however often it is sent.`,
    access: { scopes: ['bill:write'], supportsProxy: true },
    config: { takesMany: 'array', messageMember: REASON },
    headers: ['PreferResults'],
    query: anyQuery,
    body: z.unknown(),
    example: EXAMPLE,
    replies: REPLIES,
    handle: (asked, context) => upload(asked, context, apiBase)
  })
  return { register, description: { ...description, body: ROWS } }
}

async function upload(asked: Asked<unknown, unknown>, context: RouteContext, apiBase: string): Promise<Answer> {
  const { request, view, body } = asked
  if (!isLines(body)) throw UPLOADS.notRows()
  const preference = readPreference(request.headers.prefer)
  const place = await placeOf(context.database, view.tenantId, context.clock())
  const lines = await readLines(body.groups, place, ROWS_MAX)
  const results = await slotOf(request).run('write', () => stored(asked, context, place, lines, preference.isStrict))
  const isDone = !preference.isStrict || results.every(isStored)
  if (!preference.wantsResults) return { ...plainAnswer(results), headers: preference.headers }
  const bills = `${context.address(request, apiBase).url}/customerBill`
  const json = `[${results.map((result) => resultText(result, bills)).join(',\n')}]`
  return { status: isDone ? 200 : 422, headers: preference.headers, json }
}

/** Rolls back a transaction whose results are the response. */
const UNDONE = BODIES.atomicRefused()

async function stored(
  { view, author }: Asked<unknown, unknown>,
  context: RouteContext,
  place: Place,
  lines: readonly BillLine[],
  isStrict: boolean
): Promise<readonly Result[]> {
  let results: readonly Result[] = []
  try {
    await context.database.transaction(async (tx) => {
      const options = { isStrict, isDry: false, state: 'sent', onConflict: 'refuse', past: 'refuse' } as const
      results = (await storeBills(tx, { ...context, view, author }, place, lines, options)).results
      if (isStrict && !results.every(isStored)) throw UNDONE
    })
  } catch (error) {
    if (error !== UNDONE) throw error
  }
  return results
}

/** Returns `{}`, or the reason why nothing is stored: `{"err": "row 3: due_date 2024-01-30 is not DD-MM-YYYY"}`. */
function plainAnswer(results: readonly Result[]): Answer {
  const faulty = results.flatMap((result) => ('errors' in result ? [result] : []))
  if (faulty.length === 0) return { json: '{}' }
  const named = faulty
    .slice(0, NAMED_ROWS_MAX)
    .map(({ line, errors }) => `row ${line}: ${errors.map(faultText).join(', ')}`)
  const left = faulty.length - named.length
  const reason = [...named, ...(left > 0 ? [`and ${left} more rows`] : [])].join('; ')
  return {
    status: faulty.some(({ status }) => status === 'refused') ? 400 : 409,
    json: JSON.stringify({ [REASON]: reason })
  }
}

function resultText(result: Result, bills: string): string {
  const { line, status } = result
  const bill = 'id' in result ? { id: result.id, href: `${bills}/${result.id}` } : {}
  const errors = 'errors' in result ? { errors: result.errors.map(({ sent: _, ...fault }) => fault) } : {}
  return JSON.stringify({ line, status, ...bill, ...errors })
}
