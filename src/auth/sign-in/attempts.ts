import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { type Instant, instantFromPostgres, later } from '../../base/instant.ts'
import { Problem } from '../../base/problem.ts'
import type { Database, Queryable } from '../../db/database.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { networkOf } from '../access/address-list.ts'

/** Who tries to sign in, as they call themselves, and from where. Without a username it is the client itself. */
export interface AttemptKeys {
  readonly clientId: string
  readonly username: string | undefined
  readonly address: string
}

/** How many failures stay without consequence, and how long the growing delay after the others becomes. */
interface Policy {
  readonly freeFailures: number
  readonly delayMaxS: number
}

/** Against guessing one user's password, or one client's secret. */
const BY_NAME: Policy = { freeFailures: 5, delayMaxS: 900 }
/** Against trying a few passwords on many users. Many people may share an address. */
const BY_ADDRESS: Policy = { freeFailures: 100, delayMaxS: 60 }
/** Against trying which names there are. A program may well send again what is known already. */
const BY_PRINCIPAL: Policy = { freeFailures: 100, delayMaxS: 60 }
/** The first delay; each further failure doubles it. */
const DELAY_FIRST_S = 1
const DOUBLINGS_MAX = 20
const FAILURES_COUNTED_MAX = 1_000_000
/** Failures are forgotten after so long without another; purge.ts removes their rows later. */
const FORGOTTEN_AFTER_S = 3_600
/** Names are cut here before they are hashed; longer ones that begin alike share a counter. */
const NAME_LENGTH_MAX = 256

/** Throws `tooManyRequests` with the seconds to wait while one of the counters of this attempt blocks it. */
export async function requireAllowed(database: Database, clock: Clock, keys: AttemptKeys): Promise<void> {
  const now = clock()
  const { rows } = await database.run(
    sql`SELECT ceil(extract(epoch FROM max("blocked_until") - ${now}::timestamptz))::int FROM "sign_in_attempt"
      WHERE "key" IN (${nameKey(keys)}, ${addressKey(keys)}) AND "blocked_until" > ${now}::timestamptz`,
    { prepared: true }
  )
  const seconds = rows[0]?.[0]
  if (!seconds) return
  throw new Problem('tooManyRequests', 'Too many failed attempts; try again later', { 'Retry-After': seconds })
}

/**
 * Counts a failed attempt. It runs outside of any transaction: a failure counts, whatever becomes of the work around
 * it.
 */
export async function recordFailure(database: Database, clock: Clock, keys: AttemptKeys): Promise<void> {
  const now = clock()
  // One statement takes the rows in one order, so that parallel failures never wait for each other in a circle.
  await database.run(
    sql`WITH "by_name" AS (${countedFailure(nameKey(keys), BY_NAME, now)})
      ${countedFailure(addressKey(keys), BY_ADDRESS, now)}`,
    { prepared: true }
  )
}

/**
 * Forgets the failures of this client and user at this address. Those of the address stay: who knows one password could
 * go on guessing others.
 */
export async function recordSuccess(database: Database, _clock: Clock, keys: AttemptKeys): Promise<void> {
  await database.run(sql`DELETE FROM "sign_in_attempt" WHERE "key" = ${nameKey(keys)}`, { prepared: true })
}

/** Counts a refusal because of a name by whoever got it where, and answers until when that one has to wait there. */
export async function countRefusal(queryable: Queryable, clock: Clock, who: string): Promise<Instant> {
  const counted = countedFailure(hashed(['refused', who]), BY_PRINCIPAL, clock())
  const { rows } = await queryable.run(sql`${counted} RETURNING "blocked_until"`, { prepared: true })
  return instantFromPostgres(String(rows[0]?.[0]))
}

/** Adds one to a counter, or starts it again, and sets its block; all of it computed where parallel failures meet. */
function countedFailure(key: string, { freeFailures, delayMaxS }: Policy, now: Instant): Sql {
  const failures = sql`CASE WHEN "known"."last_failure_at" <= ${later(now, -FORGOTTEN_AFTER_S)}::timestamptz THEN 1
    ELSE LEAST("known"."failures", ${FAILURES_COUNTED_MAX}::int) + 1 END`
  const doublings = sql`LEAST(${failures} - ${freeFailures + 1}::int, ${DOUBLINGS_MAX}::int)`
  const delayS = sql`CASE WHEN ${doublings} < 0 THEN 0
    ELSE LEAST(${DELAY_FIRST_S}::int * power(2, ${doublings}), ${delayMaxS}::int) END`
  // The clocks of several processes differ a little; neither time ever goes back.
  return sql`INSERT INTO "sign_in_attempt" AS "known" ("key", "failures", "last_failure_at", "blocked_until")
    VALUES (${key}, 1, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT ("key") DO UPDATE SET "failures" = ${failures},
      "last_failure_at" = GREATEST("known"."last_failure_at", EXCLUDED."last_failure_at"),
      "blocked_until" = GREATEST("known"."blocked_until", ${now}::timestamptz + make_interval(secs => ${delayS}))`
}

function nameKey({ clientId, username, address }: AttemptKeys): string {
  return hashed(['name', bounded(clientId), username === undefined ? null : bounded(username), network(address)])
}

function addressKey({ address }: AttemptKeys): string {
  return hashed(['address', network(address)])
}

/** JSON keeps the parts apart, whatever they hold; nothing of them can be read in the table. */
function hashed(parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

function network(address: string): string {
  return networkOf(address) ?? bounded(address)
}

function bounded(name: string): string {
  return name.slice(0, NAME_LENGTH_MAX)
}
