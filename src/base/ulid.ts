import { monotonicFactory } from 'ulid'

/** A new id: 26 upper-case characters, in the order of creation within this process. */
export const newId: () => string = monotonicFactory()

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** Whether `text` could be an id of ours at all; what cannot needs no look into the database. */
export function isId(text: string): boolean {
  return ULID.test(text)
}
