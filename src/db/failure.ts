import pg from 'pg'
import { StartError } from '../base/start-error.ts'
import { memberOf } from '../base/unknown.ts'
import { Problem } from '../messages/problem.ts'
import { SERVER } from '../messages/server.ts'

const RETRY_AFTER_S = '5'
const DATA_EXCEPTION = /^22/
const INTEGRITY_VIOLATION = /^23/
/** Serialization failure and deadlock. */
const TRANSIENT = /^40(001|P01)$/
const QUERY_CANCELED = '57014'
const LOCK_NOT_AVAILABLE = '55P03'
const READ_ONLY_TRANSACTION = '25006'
/** A prepared statement that its connection has lost, or whose table was changed since. */
const NOT_PREPARED = '26000'
const STALE_PLAN = /cached plan must not change/
const LEDGER_NOT_AHEAD = 'ledger_not_ahead'
/**
 * Connection exceptions, insufficient resources, operator intervention (shutdown), failed authorization, no such
 * database; a transaction that was idle or took too long, or a read-only one.
 */
const UNAVAILABLE = /^(08|53|57P|28|3D000|25006|25P0[34])/

export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

/** Finds a value that the database cannot take, e.g. a number that is too large: retrying would not help. */
export function isDataException(error: unknown): error is Error {
  return DATA_EXCEPTION.test(sqlState(error) ?? '')
}

/** Includes violated constraints. */
export function isDataRefused(error: unknown): error is Error {
  return isDataException(error) || INTEGRITY_VIOLATION.test(sqlState(causeOf(error)) ?? '')
}

export function tableName(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.table : undefined
}

export function constraintName(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined
}

/** An immediate retry may help. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.test(sqlState(error) ?? '')
}

/** The connection said nothing for longer than Postgres' own limits. */
export function isSilence(error: unknown): boolean {
  const cause = causeOf(error)
  return cause instanceof Error && cause.message === 'Query read timeout'
}

/** The connection, or its session, is of no more use. */
export function isUnavailable(error: unknown): boolean {
  const cause = causeOf(error)
  const state = sqlState(cause)
  return state
    ? UNAVAILABLE.test(state) || isStale(state, cause)
    : cause instanceof StartError || isConnectionError(cause)
}

function causeOf(error: unknown): unknown {
  return error instanceof Problem ? (error.cause ?? error) : error
}

/** Turns an error that is neither the client's fault nor a bug into a 503 Problem; returns any other as it is. */
export function translated(error: unknown): unknown {
  if (error instanceof Problem) return error
  const state = sqlState(error)
  if (state === QUERY_CANCELED) return caused(SERVER.statementTooLong, error)
  if (state === LOCK_NOT_AVAILABLE) return caused(SERVER.locked, error)
  if (state === READ_ONLY_TRANSACTION) return readOnly(error)
  if (constraintName(error) === LEDGER_NOT_AHEAD) return SERVER.clockAhead().because(error)
  if (isTransient(error)) return caused(SERVER.conflictingChanges, error)
  return isUnavailable(error) ? caused(SERVER.noDatabase, error) : error
}

/** Returns the Problem for a database that takes no changes, as after a failover. */
export function readOnly(cause?: unknown): Problem {
  return caused(SERVER.readOnly, cause)
}

function caused(message: () => Problem, cause: unknown): Problem {
  return message().with({ 'Retry-After': RETRY_AFTER_S }).because(cause)
}

/** A new connection prepares its statements anew. */
function isStale(state: string, cause: unknown): boolean {
  return state === NOT_PREPARED || (cause instanceof Error && STALE_PLAN.test(cause.message))
}

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof Problem) return false
  const code = memberOf(error, 'code')
  return (
    (typeof code === 'string' && /^E[A-Z]+$/.test(code)) ||
    /timeout|terminated|Connection|not queryable/i.test(error.message)
  )
}
