import type { FastifyError, FastifyRequest } from 'fastify'
import { asProblem } from '../http/errors.ts'
import { html } from '../http/html.ts'
import { Problem } from '../messages/problem.ts'
import type { PageAnswer } from '../pages/routes.ts'
import { alert, type PortalContext, pathTo, strangerVisit, visitOf } from './visit.ts'
import type { PortalWords } from './vocabulary.ts'

/** Returns the status and the words of a failure that the person can mend. Throws any other. */
export function mendable(
  error: unknown,
  words: PortalWords
): { readonly status: number; readonly message: string; readonly headers: Problem['headers'] } {
  if (!(error instanceof Problem) || error.status >= 500) throw error
  return { status: error.status, message: wordsOf(error, words), headers: error.headers }
}

/** Shows a failure as a page, without internals. */
export async function failurePage(
  error: FastifyError,
  request: FastifyRequest,
  context: PortalContext
): Promise<PageAnswer> {
  const problem = asProblem(error)
  if (problem.status >= 500) request.log.error({ err: problem.cause ?? error }, 'a page of the portal failed')
  // Without the database there is nobody's name to show.
  const visit = await visitOf(context, request, new Map()).catch(() => strangerVisit(request))
  const { words, language, issuer } = visit
  const content = html`<h1>${words.failed}</h1>
${alert(wordsOf(problem, words))}
<p><a href="${pathTo(context, '')}">${words.start}</a></p>`
  const page = { language, title: words.failed, issuer, isNarrow: true, content }
  return { page, status: problem.status, headers: problem.headers }
}

function wordsOf({ code, kind, status }: Problem, { failures }: PortalWords): string {
  const known = new Map<string, string>(Object.entries(failures))
  const ofKind = kind === 'statementTimeout' ? failures.unavailable : known.get(kind)
  const ofSubject = known.get(code.slice(0, code.indexOf('.')))
  return (
    known.get(code) ??
    (status < 500 ? ofSubject : undefined) ??
    ofKind ??
    (status >= 500 ? failures.internal : failures.badRequest)
  )
}
