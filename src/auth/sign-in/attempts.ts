import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { type Instant, instantFromPostgres, later } from '../../base/instant.ts'
import { plainText } from '../../base/plain-text.ts'
import { Problem } from '../../base/problem.ts'
import type { Database, Queryable } from '../../db/database.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { networkOf } from '../access/address-list.ts'
import { type Counter, POLICIES, type Policy, type Waits } from './slowing.ts'

/** Who tries to sign in, as they call themselves, and from where. Without a user it is the client itself. */
export interface AttemptKeys {
  readonly clientId: string
  readonly user?: { readonly tenantId: string; readonly username: string }
  readonly address: string
}

/** What holds an attempt up, and whether its user has signed in from its network before. */
export interface Standing {
  readonly waits: Waits
  readonly isKnown: boolean
}

/** The first delay; each further failure doubles it. */
const DELAY_FIRST_S = 1
const DOUBLINGS_MAX = 20
const FAILURES_COUNTED_MAX = 1_000_000
/** Failures are forgotten after so long without another; purge.ts removes their rows later. */
const FORGOTTEN_AFTER_S = 3_600
/** A network stays known for so long after a success; purge.ts removes its row later. */
const KNOWN_FOR_S = 90 * 86_400
const KNOWN_WRITTEN_EVERY_S = 86_400
/** Names are cut here before they are hashed; longer ones that begin alike share a counter. */
const NAME_LENGTH_MAX = 256

/** Reads what holds an attempt up. The work is the same, whether there is such a user or not. */
export async function readStanding(database: Database, clock: Clock, keys: AttemptKeys): Promise<Standing> {
  const now = clock()
  const { user } = keys
  const byCounter = Object.entries(keysOf(keys))
  const { rows } = await database.run(
    sql`SELECT "key", ceil(extract(epoch FROM "blocked_until" - ${now}::timestamptz))::int FROM "sign_in_attempt"
      WHERE "key" = ANY(${byCounter.map(([, key]) => key)}::text[]) AND "blocked_until" > ${now}::timestamptz
      UNION ALL SELECT "key", 0 FROM "known_network" WHERE "tenant_id" = ${user?.tenantId ?? ''}
        AND "key" = ${knownKey(keys)} AND "last_success_at" > ${later(now, -KNOWN_FOR_S)}::timestamptz`,
    { prepared: true }
  )
  const seconds = new Map(rows.map(([key, wait]) => [key, Number(wait)]))
  const waits = Object.fromEntries(byCounter.map(([counter, key]) => [counter, seconds.get(key) ?? 0]))
  return { waits: { place: 0, user: 0, address: 0, ...waits }, isKnown: seconds.has(knownKey(keys)) }
}

/** What tells to wait so many seconds. */
export function tooMany(seconds: number): Problem {
  return new Problem('tooManyRequests', 'Too many failed attempts; try again later', { 'Retry-After': String(seconds) })
}

/**
 * Counts a failed attempt. It runs outside of any transaction: a failure counts, whatever becomes of the work around
 * it.
 */
export async function recordFailure(
  database: Database,
  clock: Clock,
  keys: AttemptKeys,
  counters: readonly Counter[]
): Promise<void> {
  const byCounter = keysOf(keys)
  const now = clock()
  // Each in a statement of its own, so that parallel failures never wait for each other in a circle.
  for (const counter of counters) {
    const key = byCounter[counter]
    if (key) await database.run(countedFailure(key, POLICIES[counter], now), { prepared: true })
  }
}

/**
 * Forgets the failures of this client and user at this network, and remembers that the user signed in from there; that
 * is written once a day. The failures of the address stay: who knows one password could go on guessing others. So do
 * those of the user over all networks: they are not this one's.
 */
export async function recordSuccess(database: Database, clock: Clock, keys: AttemptKeys): Promise<void> {
  const { user } = keys
  const now = clock()
  const { place } = keysOf(keys)
  const forgotten = sql`DELETE FROM "sign_in_attempt" WHERE "key" = ${place}`
  if (!user) return void (await database.run(forgotten, { prepared: true }))
  await database.run(
    sql`WITH "forgotten" AS (${forgotten})
      INSERT INTO "known_network" AS "known" ("tenant_id", "key", "last_success_at")
      VALUES (${user.tenantId}, ${knownKey(keys)}, ${now}::timestamptz)
      ON CONFLICT ("tenant_id", "key") DO UPDATE SET "last_success_at" = EXCLUDED."last_success_at"
      WHERE "known"."last_success_at" < ${later(now, -KNOWN_WRITTEN_EVERY_S)}::timestamptz`,
    { prepared: true }
  )
}

/** Counts a refusal because of a name by whoever got it where, and answers until when that one has to wait there. */
export async function countRefusal(queryable: Queryable, clock: Clock, who: string): Promise<Instant> {
  const counted = countedFailure(hashed(['refused', who]), POLICIES.principal, clock())
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

/** The key of each counter that counts these. */
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

/** All forms in which a user is found are one. */
function nameOf({ username }: { readonly username: string }): string {
  return bounded(plainText(username))
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
