/** Shorter numbers have too many neighbours. */
const LENGTH_MIN = 6
const DIGITS = '0123456789'

/** Returns the texts that a slip makes of a number: two neighbours exchanged, or one digit replaced. */
export function slipsOf(core: string): readonly string[] {
  if (core.length < LENGTH_MIN) return []
  const characters = [...core]
  const exchanged = characters
    .slice(1)
    .map((_, at) => [...characters.slice(0, at), core[at + 1], core[at], ...characters.slice(at + 2)].join(''))
  const replaced = characters.flatMap((character, at) =>
    DIGITS.includes(character) ? [...DIGITS].map((digit) => core.slice(0, at) + digit + core.slice(at + 1)) : []
  )
  return [...new Set([...exchanged, ...replaced])].filter((slip) => slip !== core)
}
