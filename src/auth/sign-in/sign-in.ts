import type { Clock } from '../../base/clock.ts'
import type { Database } from '../../db/database.ts'
import { networkOf } from '../access/address-list.ts'
import { findClient, findUser, type OauthClient } from '../access/clients.ts'
import type { Grantee } from '../access/grants.ts'
import type { Scope } from '../access/scopes.ts'
import type { KeyRing } from '../keys/signing-keys.ts'
import { type AttemptKeys, readStanding, recordFailure, recordSuccess, type Standing, tooMany } from './attempts.ts'
import { encodePassword, verifyPassword } from './password.ts'
import { decide, waitBeforeS } from './slowing.ts'

/** What tokens are issued with. */
export interface Issuing {
  readonly database: Database
  readonly clock: Clock
  readonly ring: KeyRing
  /** Who issues, as this request sees it: the `iss` of its tokens. */
  readonly issuer: string
  /** Where the request comes from. */
  readonly address: string
}

/** Who is let in, and what they may at most. */
export interface Subject {
  readonly grantee: Grantee
  readonly scopes: readonly Scope[]
}

/** A name and a secret as a client shows them; a public one shows none. */
export interface ClientCredentials {
  readonly clientId: string
  readonly secret: string | undefined
}

/**
 * The client that shows its secret, in the first of the readings that is right; `given` is the code or token that it
 * was given. Undefined for anything else, counted as one failed attempt. Which reading is right, or that none is, does
 * not show in the time: all are looked at. Throws `tooManyRequests` for a wrong one after too many. A right one is let
 * in whatever others failed: a secret is 256 random bits, which nobody guesses, so there is nothing to slow down but
 * the asking.
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

/** What a client that acts for itself may. */
export function clientSubject({ tenantId, id, clientId, scopes, partnerId }: OauthClient): Subject {
  return { grantee: { tenantId, clientId: id, userId: undefined, subject: clientId, partnerId }, scopes }
}

/**
 * The user of the client's tenant with this password, sent as the client encodes it. Undefined for an unknown user, as
 * late as for a wrong password, and for one that is not of the client's partner. Throws `tooManyRequests`, see decide.
 */
export async function signInUser(
  { database, clock, address }: Pick<Issuing, 'database' | 'clock' | 'address'>,
  { tenantId, id: clientRow, clientId, passwordEncoding, partnerId }: OauthClient,
  username: string,
  password: string
): Promise<Subject | undefined> {
  const keys: AttemptKeys = { clientId, user: { tenantId, username }, address }
  const encoded = passwordEncoding === 'plain' ? encodePassword(password) : password
  let standing = await requireTurn(database, clock, keys)
  const user = await findUser(database, tenantId, username)
  // Asked again when it is our turn: guesses that waited in line together are to be counted one after the other.
  const turn = async () => {
    standing = await requireTurn(database, clock, keys)
  }
  const isPassword = await verifyPassword(encoded, user?.passwordHash, turn, clock, networkOf(address) ?? address)
  const isRight = isPassword && (partnerId === undefined || partnerId === user?.partnerId)
  const verdict = decide(standing.waits, { isRight, isKnown: standing.isKnown })
  if (!user || verdict.answer !== 'in') {
    if (verdict.answer !== 'in') await recordFailure(database, clock, keys, verdict.counters)
    if (verdict.answer === 'wait') throw tooMany(verdict.waitS)
    return undefined
  }
  await recordSuccess(database, clock, keys)
  const grantee = { tenantId, clientId: clientRow, userId: user.id, subject: user.username, partnerId: user.partnerId }
  return { grantee, scopes: user.scopes }
}

async function requireTurn(database: Database, clock: Clock, keys: AttemptKeys): Promise<Standing> {
  const standing = await readStanding(database, clock, keys)
  const waitS = waitBeforeS(standing.waits)
  if (waitS > 0) throw tooMany(waitS)
  return standing
}
