import OAuth2Server from '@node-oauth/oauth2-server'
import { memberOf } from '../../base/unknown.ts'
import { HTTP } from '../../messages/http.ts'
import { OAUTH } from '../../messages/oauth.ts'
import { Problem } from '../../messages/problem.ts'
import { FORM } from './form.ts'

export interface OauthFailure {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, string>>
}

const SECTION = 'https://www.rfc-editor.org/rfc/rfc6749#section-'
const TOKEN_ERRORS = `${SECTION}5.2`

const KINDS = {
  invalid_request: { status: 400, code: '24', uri: TOKEN_ERRORS },
  invalid_client: { status: 401, code: '41', uri: TOKEN_ERRORS },
  invalid_grant: { status: 400, code: '41', uri: TOKEN_ERRORS },
  unauthorized_client: { status: 400, code: '51', uri: TOKEN_ERRORS },
  unsupported_grant_type: { status: 400, code: '24', uri: TOKEN_ERRORS },
  unsupported_token_type: { status: 400, code: '24', uri: 'https://www.rfc-editor.org/rfc/rfc7009#section-2.2.1' },
  invalid_scope: { status: 400, code: '50', uri: TOKEN_ERRORS },
  temporarily_unavailable: { status: 503, code: '503', uri: `${SECTION}4.1.2.1` },
  server_error: { status: 500, code: '1', uri: `${SECTION}4.1.2.1` }
} as const

type KindName = keyof typeof KINDS

const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="tmf678", charset="UTF-8"' }

export function oauthFailure(error: unknown): OauthFailure {
  const cause = innermost(error)
  if (cause instanceof Problem) return ofProblem(cause)
  if (cause instanceof OAuth2Server.OAuthError && isKind(cause.name) && cause.name !== 'server_error') {
    return failure(cause.name, cause.message.replace(/`/g, ''))
  }
  return failure('server_error', 'The server failed; the request id names the case')
}

/** Turns what the framework refuses into a Problem. */
export function asProblem(error: unknown, bodyLimitBytes: number): unknown {
  const statusCode = memberOf(error, 'statusCode')
  if (error instanceof Problem || typeof statusCode !== 'number' || statusCode >= 500) return error
  if (statusCode === 413) return OAUTH.bodyTooLarge(bodyLimitBytes)
  if (statusCode === 415) return OAUTH.mediaType(FORM)
  return error instanceof OAuth2Server.OAuthError ? error : HTTP.malformed()
}

function isKind(name: string): name is KindName {
  return Object.hasOwn(KINDS, name)
}

function innermost(error: unknown): unknown {
  const inner = memberOf(error, 'inner')
  return inner === undefined ? error : innermost(inner)
}

function ofProblem(problem: Problem): OauthFailure {
  const name = problem.status < 500 ? 'invalid_request' : 'server_error'
  const isBusy = ['tooManyRequests', 'unavailable', 'statementTimeout'].includes(problem.kind)
  const { body } = failure(isBusy ? 'temporarily_unavailable' : name, problem.message)
  const code = problem.kind === 'tooManyRequests' ? '53' : String(body.error_code)
  return { status: problem.status, headers: problem.headers, body: { ...body, error_code: code } }
}

function failure(error: KindName, description: string): OauthFailure {
  const { status, code, uri } = KINDS[error]
  return {
    status,
    headers: error === 'invalid_client' ? CHALLENGE : {},
    body: { error, error_code: code, error_description: description, error_uri: uri }
  }
}
