import { parsed } from '../support/answer.ts'
import { KEYS, TENANT } from '../support/database.ts'
import { BILL_UPLOAD } from './file-world.ts'

export const HEAD = 'account_number,amount,due_date,period,name\n'

/** The body of an upload. */
export interface Sent {
  readonly body: string | Buffer | FormData
  readonly type?: string
  readonly isPacked?: boolean
  readonly query?: string
}

let made = 0
/** The cells of a row of its own. */
export function cells(amount: string | number = '119.00') {
  return [`F-${++made}`, amount, '14-12-2099', '12-2099', 'Zoë "Z", Köln'] as const
}

/** Two rows of CSV. */
export function csv(amount?: string, delimiter = ',', end = '\n'): string {
  const names = HEAD.trim().replaceAll(',', delimiter)
  const row = () =>
    cells(amount)
      .map((cell) => `"${String(cell).replaceAll('"', '""')}"`)
      .join(delimiter)
  return [names, row(), row(), ''].join(end)
}

export function objects(): readonly object[] {
  const names = HEAD.trim().split(',')
  return [0, 1].map(() => Object.fromEntries(cells(119).map((cell, at) => [names[at], cell])))
}

export const lines = () =>
  objects()
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('')

export function form(...files: readonly (readonly [text: string, type: string, name: string])[]): FormData {
  const made = new FormData()
  for (const [text, type, name] of files) made.append('file', new Blob([text], { type }), name)
  return made
}

export const CSV = 'text/csv'
export const NDJSON = 'application/x-ndjson'
export const JSON_TYPE = 'application/json'

/** Sends a file over the network. */
export async function sendTo(root: string, { body, type, isPacked, query = '' }: Sent) {
  const response = await fetch(`${root}${BILL_UPLOAD}${query}`, {
    method: 'POST',
    headers: {
      token: KEYS[TENANT],
      ...(type !== undefined && { 'content-type': type }),
      ...(isPacked && { 'content-encoding': 'gzip' })
    },
    body: typeof body === 'string' || body instanceof FormData ? body : new Uint8Array(body)
  })
  const { status, headers } = response
  return { status, headers, body: parsed(await response.text()) }
}
