import type pg from 'pg'
import { memberOf } from '../base/unknown.ts'
import type { Row } from './sql.ts'

export interface PlainStatement {
  /** Prepares the statement under this name. */
  readonly name: string | undefined
  readonly text: string
  readonly values: readonly Plain[]
  /** Milliseconds until the connection counts as silent; undefined for its settings. */
  readonly limitMs: number | undefined
}

/** A value that is its own text. */
export type Plain = string | number | boolean | null | undefined

export function arePlain(values: readonly unknown[]): values is readonly Plain[] {
  return values.every((value) => typeof value !== 'object' || value === null)
}

interface Outcome {
  readonly rows: Row[]
  rowCount: number
}
type Done = (error: unknown, result: Outcome) => void

/**
 * Runs a statement and returns its rows as the texts that Postgres prints. The driver would ask for a description of
 * the columns each time, and read it, which takes longer than a few rows themselves.
 */
export async function runPlain(client: pg.ClientBase, statement: PlainStatement): Promise<Outcome> {
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      client.query(submittable(statement, (error, result) => (error ? reject(error) : resolve(result))))
    })
  } catch (error) {
    // Leads to who asked, and not to the socket.
    if (error instanceof Error) Error.captureStackTrace(error)
    throw error
  }
}

/**
 * Returns a query as the driver takes it. The driver wraps `callback` in its own, to limit the time. Its timers, linked
 * to each other, keep the query until all memory is collected, so that the query lets go of its values once they are
 * sent, and of its rows at the end: else collecting only what is new copied those of all earlier queries.
 */
function submittable(statement: PlainStatement, done: Done) {
  const { name = '', text, limitMs } = statement
  let { values } = statement
  let open: { readonly done: Done; readonly result: Outcome } | undefined = { done, result: { rows: [], rowCount: 0 } }
  return {
    name,
    text,
    query_timeout: limitMs,
    callback(error: unknown): void {
      const ended = open
      open = undefined
      ended?.done(error, ended.result)
    },
    /** Sends the statement. The driver takes a returned error for the statement's. */
    submit(connection: pg.Connection): Error | null {
      const { stream } = connection
      const texts = values.map((value) => (value === null || value === undefined ? null : String(value)))
      stream.cork()
      // The driver notes what was parsed by name, and for which connection.
      if (memberOf(memberOf(connection, 'parsedStatements'), name) === undefined) {
        connection.parse({ name, text, types: [] }, true)
      }
      values = []
      connection.bind({ statement: name, values: texts }, true)
      connection.execute(null, true)
      connection.sync()
      stream.uncork()
      return null
    },
    handleDataRow({ fields }: { readonly fields: Row }): void {
      open?.result.rows.push(fields)
    },
    /** The tag is the command and, as its last word, the number of rows. */
    handleCommandComplete({ text: tag }: { readonly text: string }): void {
      if (open) open.result.rowCount = Number(tag.slice(tag.lastIndexOf(' ') + 1)) || 0
    },
    handleReadyForQuery(): void {
      this.callback(undefined)
    },
    handleError(error: unknown): void {
      this.callback(error)
    }
  }
}
