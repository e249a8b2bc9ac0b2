import { Problem } from '../base/problem.ts'

/** Returns the strong entity tag of a row's version (RFC 9110, section 8.8.3). */
export function entityTag(version: string | number): string {
  return `"${version}"`
}

/** Throws `preconditionFailed` unless the client expects this stored version. */
export type Expected = (version: number) => void

/**
 * Reads `If-Match`. Weak tags never match (RFC 9110, section 13.1.1); with `takesWeak` they do, for proxies that weaken
 * our tags.
 */
export function expectedVersion(ifMatch: string | undefined, takesWeak = false): Expected {
  if (ifMatch === undefined || ifMatch.trim() === '*') return () => undefined
  const tags = parseTags('If-Match', ifMatch)
  return (version) => {
    const current = entityTag(version)
    if (tags.includes(current) || (takesWeak && tags.includes(`W/${current}`))) return
    throw new Problem('preconditionFailed', tags.includes(`W/${current}`) ? weakened(current) : stale(current))
  }
}

const stale = (current: string) => `If-Match does not name the current version ${current}; read it again first`
const weakened = (current: string) =>
  `If-Match names the current version as W/${current}, and weak tags never match: something on the way, such as a ` +
  `proxy that compresses, has made the ETag weak. Send ${current}`

/** Compares `If-None-Match` weakly (RFC 9110, 13.1.2); true calls for 304. */
export function isUnchanged(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  return parseTags('If-None-Match', ifNoneMatch).some((candidate) => candidate.replace(/^W\//, '') === tag)
}

const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/

function parseTags(header: string, value: string): readonly string[] {
  const tags = value.split(',').map((tag) => tag.trim())
  if (tags.every((tag) => TAG.test(tag))) return tags
  throw new Problem('invalidHeader', `${header} must be * or a list of entity tags such as "3"`)
}
