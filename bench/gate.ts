/** A promise of the project, kept or not. */
export interface Gate {
  readonly title: string
  readonly value: string
  readonly limit: string
  readonly isMet: boolean
}
