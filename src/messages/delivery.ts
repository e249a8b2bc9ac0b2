import { is, messages } from './message.ts'

export const DELIVERIES = messages('delivery', {
  noQuery: is.invalidQuery`The progress of a listener is answered as a whole: it takes no query`,
  unknownState: is.invalidQuery`The state of a delivery must be one of ${['waiting', 'dead']}`,
  eventOrPeriod: is.invalidBody`The body must name either one event by $.eventId, or a period by $.from and maybe $.to
    and $.eventType`,
  instant: is.invalidField`${'$.from'} must be a date-time with its offset, such as 2026-11-30T12:00:00Z`,
  period: is.invalidField`$.to must be later than $.from`,
  unknownType: is.invalidField`$.eventType must be one of ${['CustomerBillCreateEvent', 'CustomerBillDeleteEvent']}`,
  unknownEvent: is.notFound`There is no event with this id`,
  unwanted: is.conflict`The query of this listener leaves the event out; change the query first`,
  unwantedTypes: is.conflict`The query of this listener leaves out all events of ${['CustomerBillCreateEvent']}`,
  ended: is.conflict`This listener has ended; set its state to active first`,
  tooManyReplays: is.conflict`This listener has ${10} periods to be delivered again; wait until one of them is through`
})
