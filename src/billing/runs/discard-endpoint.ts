import { z } from 'zod'
import { type Endpoint, endpoint } from '../../tmf/serving/endpoint.ts'
import { discardBills } from './discard.ts'

const COUNT = { type: 'integer', minimum: 0 }

/** Takes back bills of a run. */
export const discardEndpoint: Endpoint = endpoint({
  method: 'POST',
  path: '/billRun/{id}/discard',
  subject: 'a discard',
  operationId: 'discardBillRunBills',
  tag: 'billRun',
  summary: 'Take back bills of a run that were never issued',
  description: `Removes bills of a run that has ended, as long as they were never issued, frees their rates, and parks
their accounts, which a retry of the run bills again. It works in chunks; whatever interrupts it, the same request goes
on where it ended. What is not discarded was issued.`,
  access: { scopes: ['billing:run'], supportsProxy: false },
  query: z.strictObject({}),
  body: z.strictObject({
    filter: z
      .string({ error: 'must be a text' })
      .optional()
      .meta({ description: 'Which bills, written like the query of a list of them; all when left out' })
  }),
  examples: { cheap: { value: { filter: 'amountDue.value.lt=100' } } },
  failures: [409],
  replies: {
    200: {
      description: 'How many bills are gone, and how many of those that were meant stay, as they were issued',
      schema: { type: 'object', required: ['discarded', 'skipped'], properties: { discarded: COUNT, skipped: COUNT } }
    }
  },
  handle: async ({ params, body, author }, { database, clock, newId }) => {
    const discard = { runId: String(params.id), filter: body.filter }
    return { json: JSON.stringify(await discardBills(database, { author, clock, newId }, discard)) }
  }
})
