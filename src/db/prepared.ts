import type pg from 'pg'
import { memberOf } from '../base/unknown.ts'
import type { Row } from './sql.ts'

export interface PreparedStatement {
  readonly name: string
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

type Rows = Row[]
type Done = (error: unknown, rowCount: number) => void

/**
 * Runs a statement and returns its rows as the texts that Postgres prints. The driver would ask for a description of
 * the columns each time, and read it, which takes longer than the rows themselves.
 */
export async function runPrepared(client: pg.ClientBase, statement: PreparedStatement) {
  const rows: Rows = []
  try {
    const rowCount = await new Promise<number>((resolve, reject) => {
      client.query(submittable(statement, rows, (error, count) => (error ? reject(error) : resolve(count))))
    })
    return { rows, rowCount }
  } catch (error) {
    // Leads to who asked, and not to the socket.
    if (error instanceof Error) Error.captureStackTrace(error)
    throw error
  }
}

/** Returns a query as the driver takes it. The driver wraps `callback` in its own, to limit the time. */
function submittable({ name, text, values, limitMs }: PreparedStatement, rows: Rows, callback: Done) {
  let count = 0
  return {
    name,
    text,
    callback,
    query_timeout: limitMs,
    /** Sends the statement. The driver takes a returned error for the statement's. */
    submit(connection: pg.Connection): Error | null {
      const { stream } = connection
      const texts = values.map((value) => (value === null || value === undefined ? null : String(value)))
      stream.cork()
      // The driver notes what was parsed, and for which connection.
      if (memberOf(memberOf(connection, 'parsedStatements'), name) === undefined) {
        connection.parse({ name, text, types: [] }, true)
      }
      connection.bind({ statement: name, values: texts }, true)
      connection.execute(null, true)
      connection.sync()
      stream.uncork()
      return null
    },
    handleDataRow({ fields }: { readonly fields: Row }): void {
      rows.push(fields)
    },
    /** The tag is the command and, as its last word, the number of rows. */
    handleCommandComplete({ text: tag }: { readonly text: string }): void {
      count = Number(tag.slice(tag.lastIndexOf(' ') + 1)) || 0
    },
    handleReadyForQuery(): void {
      this.callback(undefined, count)
    },
    handleError(error: unknown): void {
      this.callback(error, 0)
    }
  }
}
