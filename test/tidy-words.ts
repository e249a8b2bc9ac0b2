/** Phrases that a second reading has to untangle. */
const ANYWHERE = /\b(?:who(?:m)?ever|be it|but for|(?:is|are|was|were) told of|so often)\b/i

/** Beginnings of comments; a comment begins with a verb, or names its object. */
const AT_START = /^(?:Answers|What|Whose|So (?:long|many|much))\b/

/** A later sentence with "answers" for "returns". */
const IN_COMMENT = /[.;] answers (?!requests)/i

/** Lists the phrases of comments in a TypeScript file, or of a page, that plain English does without. */
export function wordFaults(file: string, text: string): readonly string[] {
  if (file.endsWith('.md')) return found(file, [text], [ANYWHERE])
  return found(file, commentsOf(text), [ANYWHERE, AT_START, IN_COMMENT])
}

function found(file: string, texts: readonly string[], patterns: readonly RegExp[]): readonly string[] {
  const matches = texts.flatMap((text) => patterns.flatMap((pattern) => pattern.exec(text)?.[0] ?? []))
  return matches.map((phrase) => `${file} says "${phrase}"`)
}

/** Returns each block comment, and each run of line comments, as one line. */
function commentsOf(text: string): readonly string[] {
  const comments = text.match(/\/\*\*[\s\S]*?\*\/|(?:^ *\/\/.*\n)+/gm) ?? []
  return comments.map((comment) =>
    comment
      .replace(/\*\/$|^ *(?:\/\*\*|\*|\/\/)/gm, '')
      .replace(/\s+/g, ' ')
      .trim()
  )
}
