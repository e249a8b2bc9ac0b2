import OAuth2Server from '@node-oauth/oauth2-server'
import { later } from '../../base/instant.ts'
import { newId } from '../../base/ulid.ts'
import { signAccessToken } from '../access/access-token.ts'
import { isGranted } from '../access/admission.ts'
import { clientById, type OauthClient } from '../access/clients.ts'
import {
  actorTypeOf,
  addRefreshToken,
  type FoundRefreshToken,
  findRefreshToken,
  openGrant,
  revokeGrant,
  useRefreshToken
} from '../access/grants.ts'
import { common, covers, isScope, type Scope } from '../access/scopes.ts'
import { newSecret } from '../keys/secret.ts'
import { ACCESS_TOKEN_LIFETIME_MAX_S } from '../keys/signing-keys.ts'
import { isEncodedPassword } from '../sign-in/password.ts'
import {
  type ClientCredentials,
  clientSubject,
  type Issuing,
  type Subject,
  signInClient,
  signInUser
} from '../sign-in/sign-in.ts'
import { findCode, saveCode, useCode } from './authorization-codes.ts'

export const ACCESS_TOKEN_LIFETIME_S = ACCESS_TOKEN_LIFETIME_MAX_S
export const REFRESH_TOKEN_LIFETIME_S = 14 * 24 * 3_600

export type ModelClient = OAuth2Server.Client & { readonly oauth: OauthClient }
type Token = OAuth2Server.Token
type Code = OAuth2Server.AuthorizationCode

export interface Exchange {
  readonly shown?: readonly ClientCredentials[]
  readonly wantedScope?: string | undefined
  readonly given?: string | undefined
}

interface State {
  grantId: string
  refreshing: FoundRefreshToken | undefined
}

/**
 * Returns the model of @node-oauth/oauth2-server for one request. Wrong credentials give undefined; Problems of
 * attempts and of the database pass through. `shown` holds the credentials of the client, `wantedScope` the scopes of a
 * refresh, `given` the code or token that is exchanged.
 */
export function tokenModel(issuing: Issuing, { shown = [], wantedScope, given }: Exchange = {}) {
  const { ring, clock, issuer } = issuing
  const state: State = { grantId: newId(), refreshing: undefined }
  return {
    getClient: async () => {
      const client = await signInClient(issuing, shown, given)
      return client && modelClient(client)
    },
    getUser: async (username: string, password: string, { oauth }: ModelClient) => {
      const subject = await signInUser(issuing, oauth, username, password)
      // The hint depends only on the password sent, so it does not reveal if the user exists.
      if (subject || oauth.passwordEncoding === 'plain' || isEncodedPassword(password)) return subject
      throw new OAuth2Server.InvalidGrantError(WANTS_HASH)
    },
    getUserFromClient: async ({ oauth }: ModelClient) => clientSubject(oauth),
    validateScope: async ({ scopes }: Subject, { oauth }: ModelClient, wanted?: string[]) =>
      grantedScopes(common(oauth.scopes, scopes), wanted),
    generateAccessToken: ({ oauth }: ModelClient, { grantee }: Subject, scopes: string[]) => {
      const { tenantId, subject, partnerId } = grantee
      const actorType = actorTypeOf(grantee, oauth.clientId)
      const who = { tenantId, grantId: state.grantId, subject, actorType, clientId: oauth.clientId, partnerId }
      const claims = { ...who, scopes: scopes.filter(isScope) }
      return signAccessToken(ring, clock, claims, { issuer, lifetimeS: ACCESS_TOKEN_LIFETIME_S })
    },
    // Made with the grant in one transaction; see saveToken.
    generateRefreshToken: async () => '',
    saveToken: (token: Token, client: ModelClient, subject: Subject) =>
      saveToken(issuing, state, token, client, subject),
    ...refreshing(issuing, state, wantedScope),
    ...codes(issuing, state),
    // authenticate.ts checks the tokens of requests.
    getAccessToken: async () => undefined
  }
}

const WANTS_HASH =
  'Invalid grant: user credentials are invalid; this client is to send the password as its SHA-256 in lower-case hex'

export function modelClient(oauth: OauthClient): ModelClient {
  const { id, grantTypes, redirectUris } = oauth
  return { id, grants: [...grantTypes], redirectUris: [...redirectUris], oauth }
}

/** Returns the wanted scopes, or all allowed ones. Throws `invalid_scope` for others and for none. */
function grantedScopes(allowed: readonly Scope[], wanted: readonly string[] = allowed): string[] {
  const isGranted = wanted.length > 0 && wanted.every((scope) => isScope(scope) && covers(allowed, scope))
  if (isGranted) return [...new Set(wanted)]
  const most = allowed.length > 0 ? `${allowed.join(' ')} is all` : 'there is nothing'
  throw new OAuth2Server.InvalidScopeError(`Invalid scope: ${most} that may be asked for`)
}

function refreshing({ database, clock }: Issuing, state: State, wantedScope: string | undefined) {
  return {
    getRefreshToken: async (text: string) => {
      const found = await findRefreshToken(database, text, clock())
      const { tenantId = '', clientId = '' } = found?.grantee ?? {}
      const client = found && (await clientById(database, tenantId, clientId))
      if (!found || !client) return undefined
      const { grantId, scopes } = found
      if (!(await isGranted(database, { tenantId, grantId, scopes }))) return undefined
      state.grantId = grantId
      state.refreshing = found
      const user: Subject = { grantee: found.grantee, scopes }
      // The library compares names; it does not know that `trust` includes the others.
      const wanted = wantedScope?.trim().split(/\s+/) ?? []
      const isNarrower = wanted.length > 0 && wanted.every((scope) => isScope(scope) && covers(scopes, scope))
      const scope = isNarrower ? wanted : [...scopes]
      return { refreshToken: text, scope, client: modelClient(client), user }
    },
    // A used token that comes again was stolen: end the grant.
    revokeToken: async () => {
      const { refreshing: found } = state
      if (found?.isUsed) await revokeGrant(database, found.grantee.tenantId, found.grantId, clock())
      return found?.isUsed === false
    }
  }
}

function codes({ database, clock }: Issuing, state: State) {
  return {
    generateAuthorizationCode: async () => newSecret(),
    saveAuthorizationCode: async (code: Omit<Code, 'client' | 'user'>, client: ModelClient, { grantee }: Subject) => {
      const { authorizationCode, redirectUri, scope = [], codeChallenge = '', codeChallengeMethod = '' } = code
      await saveCode(database, authorizationCode, {
        grantee: { ...grantee, clientId: client.id },
        grantId: newId(),
        scopes: scope.filter(isScope),
        redirectUri,
        codeChallenge,
        codeChallengeMethod,
        expiresAt: later(clock(), CODE_LIFETIME_S)
      })
      return { ...code, client, user: { grantee } }
    },
    getAuthorizationCode: async (text: string) => {
      const found = await findCode(database, text)
      const client = found && (await clientById(database, found.grantee.tenantId, found.grantee.clientId))
      if (!client || found.expiresAt <= clock()) return undefined
      state.grantId = found.grantId
      const { grantee, scopes, redirectUri, codeChallenge, codeChallengeMethod } = found
      const challenge = { codeChallenge, codeChallengeMethod }
      const user: Subject = { grantee, scopes }
      const code = { authorizationCode: text, redirectUri, scope: [...scopes], ...challenge, user }
      // The library uses its own clock; the server's has decided already.
      return { ...code, client: modelClient(client), expiresAt: FAR }
    },
    // A repeated code was intercepted: revoke the tokens of its first use (RFC 6749, section 4.1.2).
    revokeAuthorizationCode: async ({ authorizationCode, user }: Code & { readonly user: Subject }) => {
      const { tenantId } = user.grantee
      if (await useCode(database, tenantId, authorizationCode, clock())) return true
      await revokeGrant(database, tenantId, state.grantId, clock())
      return false
    }
  }
}

const CODE_LIFETIME_S = 60
const FAR = new Date('9999-12-31T00:00:00Z')

/** Opens or refreshes the grant, and adds a refresh token if the client may have one. */
async function saveToken(
  { database, clock }: Issuing,
  { grantId, refreshing: found }: State,
  token: Token,
  client: ModelClient,
  { grantee }: Subject
): Promise<Token> {
  const now = clock()
  const scopes = (token.scope ?? []).filter(isScope)
  const refreshesAt = later(now, REFRESH_TOKEN_LIFETIME_S)
  const outcome = await database.transaction(async (tx) => {
    if (found && !(await useRefreshToken(tx, found, now))) return undefined
    if (!found) await openGrant(tx, grantId, grantee, scopes, later(now, ACCESS_TOKEN_LIFETIME_S))
    const isRefreshed = isRefreshable(client.oauth, grantee.subject)
    return { refreshToken: isRefreshed ? await addRefreshToken(tx, grantee.tenantId, grantId, refreshesAt) : '' }
  })
  if (outcome) return { ...token, ...outcome, client, user: { grantee } }
  await revokeGrant(database, grantee.tenantId, grantId, now)
  throw new OAuth2Server.InvalidGrantError('The refresh token was used already')
}

/** Allows a refresh token; for client_credentials only if the client is set so. */
function isRefreshable({ clientId, grantTypes, refreshesClientCredentials }: OauthClient, subject: string): boolean {
  if (!grantTypes.includes('refresh_token')) return false
  return subject !== clientId || refreshesClientCredentials
}
