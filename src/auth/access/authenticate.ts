import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../base/clock.ts'
import { setNewest } from '../../base/newest.ts'
import type { Database } from '../../db/database.ts'
import { ACCESS } from '../../messages/access.ts'
import type { KeyRing } from '../keys/signing-keys.ts'
import { verifyAccessToken } from './access-token.ts'
import { isListed } from './address-list.ts'
import { type Admission, admitApiKey, admitGrant, type GrantOfToken, noteUse } from './admission.ts'
import { type Credential, credentialOf } from './credential.ts'
import type { Principal } from './principal.ts'

export interface Authentication {
  readonly database: Database
  readonly clock: Clock
  readonly ring: KeyRing
  /** The required issuer of tokens; undefined allows any. */
  readonly issuer: string | undefined
}

/** Time until a known credential is checked again: a revoked one may work this long. */
const RECHECK_MS = 2_000
/** Limit of credentials kept; beyond it, the one checked longest ago is dropped. */
const KNOWN_MAX = 10_000
const USE_NOTED_EVERY_MS = 60_000

interface Known {
  readonly admission: Admission
  readonly token: GrantOfToken | undefined
  readonly checkedAtMs: number
  useNotedAtMs: number
}

/** Returns the function that authenticates requests. It throws a 401 Problem for a bad credential. */
export function authenticator(parts: Authentication): (request: FastifyRequest) => Promise<Principal> {
  const known = new Map<string, Known>()
  const checks = new Map<string, Promise<Known>>()
  return async (request) => {
    const credential = credentialOf(request.headers)
    const now = parts.clock()
    const nowMs = Date.parse(now)
    const name = `${credential.type} ${credential.text}`
    const recent = known.get(name)
    const isFresh = recent !== undefined && Math.abs(nowMs - recent.checkedAtMs) < RECHECK_MS
    const entry = isFresh ? recent : await checked(name, credential, nowMs)
    const { admission } = entry
    if (nowMs >= admission.expiresAtMs) throw ACCESS.expired()
    if (admission.addresses && !isListed(admission.addresses, request.ip)) {
      throw ACCESS.foreignAddress()
    }
    if (credential.type === 'apiKey' && nowMs - entry.useNotedAtMs >= USE_NOTED_EVERY_MS) {
      entry.useNotedAtMs = nowMs
      await noteUse(parts.database, admission.principal, now)
    }
    return admission.principal
  }

  /** Runs one check at a time per credential. */
  function checked(name: string, credential: Credential, nowMs: number): Promise<Known> {
    const running = checks.get(name)
    if (running) return running
    const before = known.get(name)
    const check = admit(parts, credential, before, nowMs)
      .then((entry) => {
        setNewest(known, name, entry, KNOWN_MAX)
        return entry
      })
      .catch((error: unknown) => {
        known.delete(name)
        throw error
      })
      .finally(() => checks.delete(name))
    checks.set(name, check)
    return check
  }
}

async function admit(
  { database, clock, ring, issuer }: Authentication,
  credential: Credential,
  before: Known | undefined,
  checkedAtMs: number
): Promise<Known> {
  const useNotedAtMs = before?.useNotedAtMs ?? Number.NEGATIVE_INFINITY
  if (credential.type === 'apiKey') {
    const admission = await admitApiKey(database, credential.text)
    return { admission, token: undefined, checkedAtMs, useNotedAtMs }
  }
  const token = before?.token ?? (await verifyAccessToken(ring, clock, credential.text, { issuer }))
  return { admission: await admitGrant(database, token), token, checkedAtMs, useNotedAtMs }
}
