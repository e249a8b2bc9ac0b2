import type { Clock } from '../../base/clock.ts'
import type { Database } from '../../db/database.ts'
import { findClient, findUser, type OauthClient } from '../access/clients.ts'
import type { Grantee } from '../access/grants.ts'
import type { Scope } from '../access/scopes.ts'
import type { KeyRing } from '../keys/signing-keys.ts'
import {
  type AttemptKeys,
  network,
  readStanding,
  recordFailure,
  recordSuccess,
  type Standing,
  tooMany
} from './attempts.ts'
import { encodePassword, verifyPassword } from './password.ts'
import { decide, waitBeforeS } from './slowing.ts'

export interface Issuing {
  readonly database: Database
  readonly clock: Clock
  readonly ring: KeyRing
  /** The `iss` of tokens, as this request sees the server. */
  readonly issuer: string
  readonly address: string
}

export interface Subject {
  readonly grantee: Grantee
  readonly scopes: readonly Scope[]
}

export interface ClientCredentials {
  readonly clientId: string
  readonly secret: string | undefined
}

/**
 * Authenticates a client by the first correct reading; `given` is the code or token issued to it. Undefined for wrong
 * credentials, counted as one failed attempt. Checks all readings, so that time does not reveal which is right. Throws
 * `tooManyRequests` for a wrong secret after too many. Failures of others never hold up a correct secret: nobody
 * guesses 256 random bits.
 */
export async function signInClient(
  { database, clock, address }: Pick<Issuing, 'database' | 'clock' | 'address'>,
  readings: readonly ClientCredentials[],
  given?: string
): Promise<OauthClient | undefined> {
  const [first] = readings
  if (!first) return undefined
  const keys = { clientId: first.clientId, address }
  const right: OauthClient[] = []
  for (const { clientId, secret } of readings) {
    const client = await findClient(database, clientId, { secret, given })
    if (client) right.push(client)
  }
  if (right[0]) return right[0]
  const { waits } = await readStanding(database, clock, keys)
  const waitS = Math.max(waits.place, waits.address)
  if (waitS > 0) throw tooMany(waitS)
  await recordFailure(database, clock, keys, ['place', 'address'])
  return undefined
}

export function clientSubject({ tenantId, id, clientId, scopes, partnerId }: OauthClient): Subject {
  return { grantee: { tenantId, clientId: id, userId: undefined, subject: clientId, partnerId }, scopes }
}

/**
 * Authenticates a user of the client's tenant; the password comes in the client's encoding. Undefined for a wrong
 * password, an unknown user (after the same time) and a user outside the client's partner. Throws `tooManyRequests`,
 * see decide.
 */
export async function signInUser(
  { database, clock, address }: Pick<Issuing, 'database' | 'clock' | 'address'>,
  { tenantId, id: clientRow, clientId, passwordEncoding, partnerId }: OauthClient,
  username: string,
  password: string
): Promise<Subject | undefined> {
  const keys: AttemptKeys = { clientId, user: { tenantId, username }, address }
  const encoded = passwordEncoding === 'plain' ? encodePassword(password) : password
  const user = await findUser(database, tenantId, username)
  const isAllowed = partnerId === undefined || partnerId === user?.partnerId
  const isIn = await checkPassword({ database, clock }, keys, encoded, { hash: user?.passwordHash, isAllowed })
  if (!user || !isIn) return undefined
  const grantee = { tenantId, clientId: clientRow, userId: user.id, subject: user.username, partnerId: user.partnerId }
  return { grantee, scopes: user.scopes }
}

/**
 * Checks an encoded password against a hash, undefined for nobody's. Counts a failure, and makes a guesser wait; a
 * right one that is not allowed is a failure, too. Throws `tooManyRequests`, see decide.
 */
export async function checkPassword(
  { database, clock }: Pick<Issuing, 'database' | 'clock'>,
  keys: AttemptKeys,
  encoded: string,
  { hash, isAllowed = true }: { readonly hash: string | undefined; readonly isAllowed?: boolean }
): Promise<boolean> {
  let standing = await requireTurn(database, clock, keys)
  // Read again when our turn comes: guesses that waited together are counted one after the other.
  const turn = async () => {
    standing = await requireTurn(database, clock, keys)
  }
  const isPassword = await verifyPassword(encoded, hash, turn, clock, network(keys.address))
  const verdict = decide(standing.waits, { isRight: isPassword && isAllowed, isKnown: standing.isKnown })
  if (verdict.answer === 'in') {
    await recordSuccess(database, clock, keys)
    return true
  }
  await recordFailure(database, clock, keys, verdict.counters)
  if (verdict.answer === 'wait') throw tooMany(verdict.waitS)
  return false
}

async function requireTurn(database: Database, clock: Clock, keys: AttemptKeys): Promise<Standing> {
  const standing = await readStanding(database, clock, keys)
  const waitS = waitBeforeS(standing.waits)
  if (waitS > 0) throw tooMany(waitS)
  return standing
}
