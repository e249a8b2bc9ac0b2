import { redeliver, wishOf } from '../events/redelivery.ts'
import type { Command } from './command.ts'
import { enterTenant } from './lookup.ts'

export const deliveryCommands: Readonly<Record<string, Command>> = {
  'events replay': {
    description: 'delivers events to a listener again',
    parameters: ['ID'],
    options: ['tenant', 'event', 'from', 'to', 'type'],
    details: () =>
      'ID is the id of the listener. --event names one event; --from and --to a period, its end not included, and\n' +
      '--type the types of its events, all by default. Running servers deliver them.',
    prepare:
      ({ parameters, options, ...args }) =>
      async (context) => {
        const { author, view } = await enterTenant(context, { parameters, options, ...args })
        const { database, clock, newId } = context
        const { event: eventId, from, to, type } = options
        const events = await database.transaction((tx) => {
          const now = clock()
          const wish = wishOf({ eventId, from, to, eventType: type?.join() }, now)
          return redeliver(tx, { author, view, newId, now }, String(parameters[0]), wish)
        })
        return { text: `${events} ${events === 1 ? 'event' : 'events'} will be delivered again` }
      }
  }
}
