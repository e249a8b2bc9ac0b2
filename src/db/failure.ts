import pg from 'pg'
import { Problem, type ProblemKind } from '../base/problem.ts'
import { StartError } from '../base/start-error.ts'
import { memberOf } from '../base/unknown.ts'

const RETRY_AFTER_S = '5'
const DATA_EXCEPTION = /^22/
const INTEGRITY_VIOLATION = /^23/
/** Serialization failure and deadlock. */
const TRANSIENT = /^40(001|P01)$/
const QUERY_CANCELED = '57014'
const LOCK_NOT_AVAILABLE = '55P03'
const READ_ONLY_TRANSACTION = '25006'
const LEDGER_NOT_AHEAD = 'ledger_not_ahead'
/**
 * Connection exceptions, insufficient resources, operator intervention (shutdown), failed authorization, no such
 * database; a transaction that was idle or took for too long, and one that may only read.
 */
const UNAVAILABLE = /^(08|53|57P|28|3D000|25006|25P0[34])/

/** The SQLSTATE of a database error, e.g. `23503`. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

/** Whether a value is none for the database, e.g. a number that is too large: to try again would not help. */
export function isDataException(error: unknown): error is Error {
  return DATA_EXCEPTION.test(sqlState(error) ?? '')
}

/** The same, or a constraint is violated. */
export function isDataRefused(error: unknown): error is Error {
  return isDataException(error) || INTEGRITY_VIOLATION.test(sqlState(causeOf(error)) ?? '')
}

/** The table that a database error is about: for a foreign key the one that refers. */
export function tableName(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.table : undefined
}

/** The constraint that a database error is about, e.g. the name of a unique index. */
export function constraintName(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined
}

/** Whether to do the same once more may help at once. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.test(sqlState(error) ?? '')
}

/** Whether a connection has said nothing for longer than Postgres may take. */
export function isSilence(error: unknown): boolean {
  const cause = causeOf(error)
  return cause instanceof Error && cause.message === 'Query read timeout'
}

/** Whether a connection, or the session behind it, is of no more use. */
export function isUnavailable(error: unknown): boolean {
  const cause = causeOf(error)
  const state = sqlState(cause)
  return state ? UNAVAILABLE.test(state) : cause instanceof StartError || isConnectionError(cause)
}

/** What a Problem was made of. */
function causeOf(error: unknown): unknown {
  return error instanceof Problem ? (error.cause ?? error) : error
}

/** What is neither the client's fault nor a bug is a Problem that says so: 503. Anything else stays as it is. */
export function translated(error: unknown): unknown {
  if (error instanceof Problem) return error
  const state = sqlState(error)
  if (state === QUERY_CANCELED) return caused('statementTimeout', 'The database took too long', error)
  if (state === LOCK_NOT_AVAILABLE) return caused('unavailable', 'Something else holds what this needs', error)
  if (state === READ_ONLY_TRANSACTION) return readOnly(error)
  if (constraintName(error) === LEDGER_NOT_AHEAD) return ahead(error)
  if (isTransient(error)) return caused('unavailable', 'Others change the same at once', error)
  return isUnavailable(error) ? caused('unavailable', 'The database does not answer', error) : error
}

function ahead(cause: unknown): Problem {
  const problem = new Problem(
    'conflict',
    'The account was posted to by a clock that was ahead; nothing more can be until that time has come'
  )
  problem.cause = cause
  return problem
}

/** What everybody is told while the database may only be read, as after a failover. */
export function readOnly(cause?: unknown): Problem {
  return caused('unavailable', 'The database takes no changes now', cause)
}

/** The cause is for the log; the client sees the message alone. */
function caused(kind: ProblemKind, message: string, cause: unknown): Problem {
  const text = kind === 'unavailable' ? `${message}; try again later` : message
  const problem = new Problem(kind, text, { 'Retry-After': RETRY_AFTER_S })
  problem.cause = cause
  return problem
}

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof Problem) return false
  const code = memberOf(error, 'code')
  return (
    (typeof code === 'string' && /^E[A-Z]+$/.test(code)) ||
    /timeout|terminated|Connection|not queryable/i.test(error.message)
  )
}
