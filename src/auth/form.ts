import { Problem } from '../base/problem.ts'

/** The parameters of an OAuth request by name (RFC 6749, section 3.2): each at most once. */
export type Parameters = ReadonlyMap<string, string>

const PARAMETERS_MAX = 40
const VALUE_MAX_LENGTH = 4_096

/** Reads `application/x-www-form-urlencoded` texts as one. Throws `invalidField` for a parameter that comes twice. */
export function parseForms(...forms: readonly string[]): Parameters {
  const parameters = new Map<string, string>()
  const names = new Set<string>()
  for (const form of forms) {
    for (const [name, value] of new URLSearchParams(form)) {
      if (names.has(name)) throw new Problem('invalidField', 'A parameter must not be sent twice')
      if (names.size === PARAMETERS_MAX) throw new Problem('invalidField', 'There are too many parameters')
      if (value.length > VALUE_MAX_LENGTH) throw new Problem('invalidField', 'A parameter is too long')
      // The database stores none.
      if (value.includes('\0')) throw new Problem('invalidField', 'A parameter must not contain NUL')
      names.add(name)
      // A parameter without a value counts as left out (RFC 6749, section 3.1).
      if (value !== '') parameters.set(name, value)
    }
  }
  return parameters
}
