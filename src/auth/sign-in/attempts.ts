import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { type Instant, later } from '../../base/instant.ts'
import { plainText } from '../../base/plain-text.ts'
import type { Database, Queryable } from '../../db/database.ts'
import { computedRow, instant, integer, scalar, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { ACCESS } from '../../messages/access.ts'
import type { Problem } from '../../messages/problem.ts'
import { networkOf } from '../access/address-list.ts'
import { type Counter, POLICIES, type Policy, type Waits } from './slowing.ts'

/** The claimed names and the address of a sign-in; without a user, the client itself signs in. */
export interface AttemptKeys {
  readonly clientId: string
  readonly user?: { readonly tenantId: string; readonly username: string }
  readonly address: string
}

export interface Standing {
  readonly waits: Waits
  readonly isKnown: boolean
}

/** The first delay; each further failure doubles it. */
const DELAY_FIRST_S = 1
const DOUBLINGS_MAX = 20
const FAILURES_COUNTED_MAX = 1_000_000
/** Failures count until this long without another; purge.ts removes the rows later. */
const FORGOTTEN_AFTER_S = 3_600
/** A network stays known this long after a success; purge.ts removes the row later. */
const KNOWN_FOR_S = 90 * 86_400
const KNOWN_WRITTEN_EVERY_S = 86_400
/** Longer names are cut before hashing; those that begin alike share a counter. */
const NAME_LENGTH_MAX = 256

const WAIT = computedRow({ key: text, seconds: integer })

/** Reads the waits of an attempt, with the same work for known and unknown users. */
export async function readStanding(database: Database, clock: Clock, keys: AttemptKeys): Promise<Standing> {
  const now = clock()
  const { user } = keys
  const byCounter = Object.entries(keysOf(keys))
  const { rows } = await database.run(prepared`SELECT ${WAIT.columns} FROM (
      SELECT "key", ceil(extract(epoch FROM "blocked_until" - ${now}::timestamptz))::int FROM "sign_in_attempt"
      WHERE "key" = ANY(${byCounter.map(([, key]) => key)}::text[]) AND "blocked_until" > ${now}::timestamptz
      UNION ALL SELECT "key", 0 FROM "known_network" WHERE "tenant_id" = ${user?.tenantId ?? ''}
        AND "key" = ${knownKey(keys)} AND "last_success_at" > ${later(now, -KNOWN_FOR_S)}::timestamptz
      ) w("key", "seconds")`)
  const seconds = new Map(rows.map(WAIT.read).map((wait) => [wait.key, wait.seconds]))
  const waits = Object.fromEntries(byCounter.map(([counter, key]) => [counter, seconds.get(key) ?? 0]))
  return { waits: { place: 0, user: 0, address: 0, ...waits }, isKnown: seconds.has(knownKey(keys)) }
}

export function tooMany(seconds: number): Problem {
  return ACCESS.tooManyAttempts().with({ 'Retry-After': String(seconds) })
}

/** Counts a failed attempt, outside of any transaction, so that no rollback undoes it. */
export async function recordFailure(
  database: Database,
  clock: Clock,
  keys: AttemptKeys,
  counters: readonly Counter[]
): Promise<void> {
  const byCounter = keysOf(keys)
  const now = clock()
  // One statement each, so that parallel failures never deadlock.
  for (const counter of counters) {
    const key = byCounter[counter]
    if (key) await database.run(countedFailure(key, POLICIES[counter], now))
  }
}

/**
 * Forgets the failures of this client and user at this network and notes the network as known, once a day. Keeps the
 * failures of the address, since one known password must not allow guessing at others, and those of the user over all
 * networks.
 */
export async function recordSuccess(database: Database, clock: Clock, keys: AttemptKeys): Promise<void> {
  const { user } = keys
  const now = clock()
  const { place } = keysOf(keys)
  const forgotten = prepared`DELETE FROM "sign_in_attempt" WHERE "key" = ${place}`
  if (!user) return void (await database.run(forgotten))
  await database.run(prepared`WITH "forgotten" AS (${forgotten})
      INSERT INTO "known_network" AS "known" ("tenant_id", "key", "last_success_at")
      VALUES (${user.tenantId}, ${knownKey(keys)}, ${now}::timestamptz)
      ON CONFLICT ("tenant_id", "key") DO UPDATE SET "last_success_at" = EXCLUDED."last_success_at"
      WHERE "known"."last_success_at" < ${later(now, -KNOWN_WRITTEN_EVERY_S)}::timestamptz`)
}

export async function countRefusal(queryable: Queryable, clock: Clock, who: string): Promise<Instant> {
  const counted = countedFailure(hashed(['refused', who]), POLICIES.principal, clock())
  return scalar(await queryable.run(prepared`${counted} RETURNING "blocked_until"`), instant)
}

/** Increments or restarts a counter and sets its block. Computed in the database, where parallel failures meet. */
function countedFailure(key: string, { freeFailures, delayMaxS }: Policy, now: Instant): Sql {
  const failures = sql`CASE WHEN "known"."last_failure_at" <= ${later(now, -FORGOTTEN_AFTER_S)}::timestamptz THEN 1
    ELSE LEAST("known"."failures", ${FAILURES_COUNTED_MAX}::int) + 1 END`
  const doublings = sql`LEAST(${failures} - ${freeFailures + 1}::int, ${DOUBLINGS_MAX}::int)`
  const delayS = sql`CASE WHEN ${doublings} < 0 THEN 0
    ELSE LEAST(${DELAY_FIRST_S}::int * power(2, ${doublings}), ${delayMaxS}::int) END`
  // Clocks of processes differ a little; neither time ever goes back.
  return prepared`INSERT INTO "sign_in_attempt" AS "known" ("key", "failures", "last_failure_at", "blocked_until")
    VALUES (${key}, 1, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT ("key") DO UPDATE SET "failures" = ${failures},
      "last_failure_at" = GREATEST("known"."last_failure_at", EXCLUDED."last_failure_at"),
      "blocked_until" = GREATEST("known"."blocked_until", ${now}::timestamptz + make_interval(secs => ${delayS}))`
}

function keysOf({ clientId, user, address }: AttemptKeys): { readonly [C in Counter]?: string } {
  const name = user ? nameOf(user) : null
  return {
    place: hashed(['name', bounded(clientId), name, network(address)]),
    address: hashed(['address', network(address)]),
    ...(user && { user: hashed(['user', user.tenantId, name]) })
  }
}

function knownKey({ user, address }: AttemptKeys): string {
  return hashed(['known', user ? nameOf(user) : null, network(address)])
}

/** Maps all forms of a name that find the user to one. */
function nameOf({ username }: { readonly username: string }): string {
  return bounded(plainText(username))
}

/** JSON keeps the parts apart; the hash hides them. */
function hashed(parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** Returns the network of an address, as attempts are counted; a text that is no address, cut. */
export function network(address: string): string {
  return networkOf(address) ?? bounded(address)
}

function bounded(name: string): string {
  return name.slice(0, NAME_LENGTH_MAX)
}
