import type { en } from './words-en.ts'

/** All fixed words of the portal; `{…}` is filled in. English says which there are. */
export type PortalWords = Readonly<Record<Exclude<keyof typeof en, 'failures'>, string>> & {
  /** By code of the message, or else by the kind of the failure. */
  readonly failures: Readonly<Record<keyof (typeof en)['failures'], string>>
}
