import { is, messages } from './message.ts'

/** Pages that people see; their words are those of the portal. */
export const PAGES = messages('page', {
  foreignForm: is.forbidden`The form comes from another site, or its page is too old; load the page again`,
  notFound: is.notFound`There is no such page`
})
