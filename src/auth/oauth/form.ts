import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAUTH } from '../../messages/oauth.ts'

export const FORM = 'application/x-www-form-urlencoded'

/** Parameters by name, each at most once (RFC 6749, section 3.2). */
export type Parameters = ReadonlyMap<string, string>

const PARAMETERS_MAX = 40
const VALUE_MAX_LENGTH = 4_096

/** Makes an app read forms in UTF-8, which is the default (RFC 6749, appendix B), and nothing else. */
export function takeForms(app: FastifyInstance, bodyLimit: number): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    FORM,
    { parseAs: 'string', bodyLimit },
    async ({ headers }: FastifyRequest, body: string) => {
      const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(headers['content-type'] ?? '') ?? []
      if (/^utf-?8$/i.test(charset)) return body
      throw OAUTH.mediaType(`${FORM} in UTF-8`)
    }
  )
}

/** Reads several `application/x-www-form-urlencoded` texts as one. Throws `invalidField` for a repeated parameter. */
export function parseForms(...forms: readonly string[]): Parameters {
  const parameters = new Map<string, string>()
  for (const [name, value] of forms.flatMap((form) => [...new URLSearchParams(form)])) {
    if (parameters.has(name)) throw OAUTH.parameterTwice()
    requireValue(value)
    if (parameters.size === PARAMETERS_MAX) throw OAUTH.tooManyParameters(PARAMETERS_MAX)
    parameters.set(name, value)
  }
  // A parameter without a value counts as left out (RFC 6749, section 3.1).
  return new Map([...parameters].filter(([, value]) => value !== ''))
}

function requireValue(value: string): void {
  if (value.length > VALUE_MAX_LENGTH) throw OAUTH.parameterTooLong(VALUE_MAX_LENGTH)
  if (value.includes('\ufffd')) throw OAUTH.parameterNotUtf8()
  // The database stores no NUL.
  if (value.includes('\0')) throw OAUTH.parameterNul()
}
