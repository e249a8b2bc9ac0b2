import { is, messages } from './message.ts'

export const SERVER = messages('server', {
  failed: is.internal`The server failed; the request id names the case`,
  notReady: is.unavailable`The server is not ready for requests; try again later`,
  overloaded: is.unavailable`The server is overloaded; try again later`,
  busy: is.unavailable`The server is busy with other requests; try again later`,
  tooManyOfPrincipal: is.tooManyRequests`Too many of your requests wait already; send fewer at once`,
  tooManyOfTenant: is.tooManyRequests`Too many requests of this provider wait already; try again later`,
  expensive: is.tooManyRequests`Expensive requests may take ${30} seconds a minute, and these are used up; filter on
    indexed attributes, ask for less at once, or try again later`,
  largeBodies: is.unavailable`Too many large bodies are being read; try again later`,
  clientGone: is.requestTimeout`The client has gone away`,
  statementTooLong: is.statementTimeout`The database took too long`,
  locked: is.unavailable`Another transaction holds what this request needs; try again later`,
  readOnly: is.unavailable`The database takes no changes now; try again later`,
  conflictingChanges: is.unavailable`Other requests change the same at once; try again later`,
  noDatabase: is.unavailable`The database does not answer; try again later`,
  clockAhead: is.conflict`A server whose clock was ahead has posted to the account; nothing can be posted to it until
    that time`,
  jobsStandStill: is.unavailable`The jobs of this process stand still: ${'the database does not answer'}`,
  migrationsPending: is.unavailable`Migrations of the database (${2}) are pending; run npm run db:migrate`
})
