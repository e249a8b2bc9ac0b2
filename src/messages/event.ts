import { is, messages } from './message.ts'

export const EVENTS = messages('event', {
  unknownLast: is.invalidQuery`lastEventId and Last-Event-ID must be the id of an event that is still kept; leave them
    out to begin anew`,
  streamWithout: is.invalidQuery`There is no such stream of events. ${'fields may not name id'}`,
  streamQuery: is.invalidQuery`A stream of events takes conditions, filter, fields and lastEventId only`,
  tooManyStreams: is.tooManyRequests`You have ${10} streams of events open, which is all that is allowed; close one
    first`,
  tooManyOfTenant: is.tooManyRequests`The users and clients of this provider have ${100} streams of events open, which
    is all that is allowed; close one first`
})
