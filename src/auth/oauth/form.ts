import { Problem } from '../../base/problem.ts'

/** Parameters by name, each at most once (RFC 6749, section 3.2). */
export type Parameters = ReadonlyMap<string, string>

const PARAMETERS_MAX = 40
const VALUE_MAX_LENGTH = 4_096

/** Reads several `application/x-www-form-urlencoded` texts as one. Throws `invalidField` for a repeated parameter. */
export function parseForms(...forms: readonly string[]): Parameters {
  const parameters = new Map<string, string>()
  for (const [name, value] of forms.flatMap((form) => [...new URLSearchParams(form)])) {
    const fault = parameters.has(name) ? 'A parameter must not be sent twice' : faultOf(value)
    if (fault) throw new Problem('invalidField', fault)
    if (parameters.size === PARAMETERS_MAX) throw new Problem('invalidField', 'There are too many parameters')
    parameters.set(name, value)
  }
  // A parameter without a value counts as left out (RFC 6749, section 3.1).
  return new Map([...parameters].filter(([, value]) => value !== ''))
}

function faultOf(value: string): string | undefined {
  if (value.length > VALUE_MAX_LENGTH) return 'A parameter is too long'
  if (value.includes('\ufffd')) return 'A parameter must be UTF-8'
  // The database stores no NUL.
  return value.includes('\0') ? 'A parameter must not contain NUL' : undefined
}
