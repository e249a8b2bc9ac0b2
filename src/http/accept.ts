interface Range {
  readonly type: string
  readonly quality: number
}

/** The most specific range comes first (RFC 9110, section 12.5.1). */
const SPECIFICITY = [(type: string) => type, (type: string) => `${type.split('/')[0]}/*`, () => '*/*']

/**
 * Returns the media type that an `Accept` header prefers (RFC 9110, section 12.5.1); among equals, and without a
 * header, the first. Undefined if it takes none.
 */
export function preferred<T extends string>(accept: string | undefined, offered: readonly T[]): T | undefined {
  if (accept === undefined || accept.trim() === '') return offered[0]
  const ranges = accept.split(',').map(readRange)
  const rated = offered.map((type) => ({ type, quality: qualityOf(type, ranges) }))
  const best = Math.max(...rated.map(({ quality }) => quality))
  return best > 0 ? rated.find(({ quality }) => quality === best)?.type : undefined
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  return { type, quality: quality === undefined ? 1 : Number(quality) || 0 }
}

function qualityOf(type: string, ranges: readonly Range[]): number {
  for (const pattern of SPECIFICITY) {
    const range = ranges.find((candidate) => candidate.type === pattern(type))
    if (range) return range.quality
  }
  return 0
}
