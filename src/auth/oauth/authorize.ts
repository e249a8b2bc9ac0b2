import OAuth2Server from '@node-oauth/oauth2-server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PUBLIC } from '../../http/access.ts'
import { rawQuery } from '../../http/address.ts'
import { isOwnForm } from '../../http/own-form.ts'
import { OAUTH } from '../../messages/oauth.ts'
import { Problem } from '../../messages/problem.ts'
import { failurePage, type Page, signInPage } from '../sign-in/page.ts'
import { type Subject, signInUser } from '../sign-in/sign-in.ts'
import {
  type AnswerTarget,
  answerLocation,
  answerTarget,
  checkRequest,
  REQUEST_PARAMETERS,
  wantedScopes
} from './authorization-request.ts'
import { asProblem, oauthFailure } from './error.ts'
import { type Parameters, parseForms, takeForms } from './form.ts'
import { issuingFor, libraryRequest, type OauthContext } from './request.ts'
import { modelClient, tokenModel } from './token-model.ts'

const PATH = '/oauth/authorize'
const BODY_LIMIT_BYTES = 32_768
/** A 303 makes the browser follow with a GET, without the password (RFC 9700, section 4.12). */
const SEE_OTHER = 303
const HEADERS = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY'
}
/** Required by the library; the model uses its own clock. */
const LIBRARY_CODE_LIFETIME_S = 60

interface Asked {
  readonly context: OauthContext
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly parameters: Parameters
  readonly target: AnswerTarget
}

/** Registers the authorization endpoint (RFC 6749, section 3.1): the sign-in page and the target of its form. */
export async function registerAuthorize(app: FastifyInstance, context: OauthContext): Promise<void> {
  await app.register(async (authorize) => {
    takeForms(authorize, BODY_LIMIT_BYTES)
    authorize.addHook('onSend', async (_, reply) => {
      reply.headers(HEADERS)
    })
    authorize.setErrorHandler(showFailure)
    authorize.get(PATH, PUBLIC, async (request, reply) => {
      const asked = await read(context, request, reply, rawQuery(request))
      return answered(asked, async () => showSignIn(asked, undefined))
    })
    authorize.post(PATH, PUBLIC, async (request, reply) => {
      // A form on another site must not sign a person in as somebody else.
      if (!isOwnForm(request, context.issuerOf(request))) {
        throw OAUTH.foreignForm()
      }
      const asked = await read(context, request, reply, String(request.body ?? ''))
      return answered(asked, () => signIn(asked))
    })
  })
}

async function read(context: OauthContext, request: FastifyRequest, reply: FastifyReply, form: string): Promise<Asked> {
  const parameters = parseForms(form)
  const target = await answerTarget(context.database, parameters)
  return { context, request, reply, parameters, target }
}

async function answered(asked: Asked, proceed: () => Promise<FastifyReply>): Promise<FastifyReply> {
  try {
    checkRequest(asked.target.client, asked.parameters)
    return await proceed()
  } catch (error) {
    const isForClient = error instanceof OAuth2Server.OAuthError && error.name !== 'server_error'
    if (!isForClient) throw error
    return redirect(asked, { error: error.name, error_description: error.message })
  }
}

async function signIn(asked: Asked): Promise<FastifyReply> {
  const { context, request, parameters, target } = asked
  const [username, password] = [parameters.get('username'), parameters.get('password')]
  if (username === undefined || password === undefined) {
    return showSignIn(asked, OAUTH.emptyForm())
  }
  // A form sends the plain password, whatever the client's encoding elsewhere.
  const client = { ...target.client, passwordEncoding: 'plain' } as const
  const issuing = issuingFor(context, request)
  const subject = await signInUser(issuing, client, username, password).catch(onlyProblem)
  if (subject instanceof Problem) return showSignIn(asked, subject)
  if (!subject) return showSignIn(asked, OAUTH.wrongPassword())
  return redirect(asked, { code: await issueCode(asked, subject) })
}

function onlyProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}

/**
 * Lets the library decide on the scopes and save a code. Its redirect is not used: it has no `iss` and loses an error
 * if the redirect URI has a query. It would check the request only after the sign-in.
 */
async function issueCode({ context, request, parameters, target }: Asked, subject: Subject): Promise<string> {
  const model = { ...tokenModel(issuingFor(context, request)), getClient: async () => modelClient(target.client) }
  const server = new OAuth2Server({ model })
  const options = {
    authenticateHandler: { handle: async () => subject },
    authorizationCodeLifetime: LIBRARY_CODE_LIFETIME_S,
    allowEmptyState: true
  }
  const known = new Map(REQUEST_PARAMETERS.flatMap((name) => entryOf(parameters, name)))
  known.delete('state')
  const code = await server.authorize(libraryRequest(request, known), new OAuth2Server.Response(), options)
  return code.authorizationCode
}

function redirect({ context, request, reply, target }: Asked, answer: Readonly<Record<string, string>>): FastifyReply {
  return reply.redirect(answerLocation(target, context.issuerOf(request), answer), SEE_OTHER)
}

function showSignIn({ context, request, reply, parameters, target }: Asked, problem: Problem | undefined) {
  const issuer = context.issuerOf(request)
  const page = signInPage({
    // The path as a browser sees it; a proxy may add a prefix.
    action: new URL(issuer + PATH).pathname,
    clientId: target.client.clientId,
    redirectUri: target.redirectUri,
    scopes: wantedScopes(parameters),
    hidden: REQUEST_PARAMETERS.flatMap((name) => entryOf(parameters, name)),
    username: parameters.get('username') ?? '',
    message: problem?.message,
    cancelLocation: answerLocation(target, issuer, {
      error: 'access_denied',
      error_description: 'The user gave up signing in'
    })
  })
  return show(reply.headers(problem?.headers ?? {}), problem?.status ?? 200, page)
}

function entryOf(parameters: Parameters, name: string): readonly (readonly [string, string])[] {
  const value = parameters.get(name)
  return value === undefined ? [] : [[name, value]]
}

/** Shows the user a failure that cannot go to the client. */
function showFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, headers, body } = oauthFailure(asProblem(error, BODY_LIMIT_BYTES))
  if (status >= 500) request.log.error({ err: error }, 'the authorization endpoint failed')
  return show(reply.headers(headers), status, failurePage(String(body.error_description)))
}

function show(reply: FastifyReply, status: number, { html, contentSecurityPolicy }: Page): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .header('Content-Security-Policy', contentSecurityPolicy)
    .send(html)
}
