import { HTTP } from '../messages/http.ts'

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
    throw tags.includes(`W/${current}`) ? HTTP.weakTag(current, current) : HTTP.stale(current)
  }
}

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
  throw HTTP.tagList(header)
}
