import { Problem } from '../base/problem.ts'

/** The strong entity tag of a row's version (RFC 9110, section 8.8.3). */
export function entityTag(version: string | number): string {
  return `"${version}"`
}

/** Reads `If-Match`: whether a stored version is one the client expects. Weak tags never match (RFC 9110, 13.1.1). */
export function expectedVersion(ifMatch: string | undefined): (version: number) => boolean {
  if (ifMatch === undefined || ifMatch.trim() === '*') return () => true
  const tags = parseTags('If-Match', ifMatch)
  return (version) => tags.includes(entityTag(version))
}

/** Whether `If-None-Match` names the current tag, so that 304 is the answer. Compared weakly (RFC 9110, 13.1.2). */
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
