/** How a client wants its rows taken (RFC 7240). */
export interface Preference {
  /** It wants the result of each row; else nothing, or the reason why nothing is stored. */
  readonly wantsResults: boolean
  /** All rows or none: always so without results. */
  readonly isStrict: boolean
  /** Of the response, `Preference-Applied`. */
  readonly headers: Readonly<Record<string, string>>
}

export function readPreference(prefer: string | readonly string[] | undefined): Preference {
  const sent = [prefer ?? []].flat().join().toLowerCase()
  const has = (preference: string) => sent.split(',').some((one) => one.replaceAll(/[\s"]|;.*/g, '') === preference)
  const [results, strict] = ['return=representation', 'handling=strict']
  const applied = [results, strict].filter(has)
  return {
    wantsResults: applied.includes(results),
    isStrict: applied.includes(strict) || !applied.includes(results),
    headers: applied.length > 0 ? { 'Preference-Applied': applied.join(', ') } : {}
  }
}
