import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem } from '../../base/problem.ts'
import { isId } from '../../base/ulid.ts'
import type { Transaction } from '../../db/database.ts'
import { slotOf } from '../../fairness/request-slot.ts'
import type { Access } from '../../http/access.ts'
import { rawQuery } from '../../http/address.ts'
import { readBody } from '../../http/read-body.ts'
import { weighed } from '../../tmf/cost.ts'
import { readListQuery } from '../../tmf/query/list-query.ts'
import { pageHeaders } from '../../tmf/serving/links.ts'
import { writeList } from '../../tmf/serving/list-text.ts'
import type { RouteContext } from '../../tmf/serving/routes.ts'
import { ISSUED_STATES } from '../issuing/issue-existing.ts'
import { BILL_STATES, cancelRun, RUN_STATES, type RunContext, resumeRun, retryRun, startRun } from './bill-run.ts'
import { sendBills } from './bills.ts'
import { countRuns, type ReadRun, readRuns, writeRun } from './list.ts'
import { releaseBills } from './release.ts'

type ItemRequest = FastifyRequest<{ Params: { id: string } }>

const JSON_TYPE = 'application/json;charset=utf-8'
const NOTHING = z.strictObject({})
const RELEASE = z.strictObject({
  state: z.enum(ISSUED_STATES, { error: `must be one of ${ISSUED_STATES.join(', ')}` }),
  filter: z.string({ error: 'must be a text' }).optional()
})
const START = z.strictObject({
  billCycle: z.strictObject({ id: z.string({ error: 'must be a text' }) }, { error: 'must be an object with an id' }),
  dryRun: z.boolean({ error: 'must be true or false' }).default(false),
  billState: z.enum(BILL_STATES, { error: `must be one of ${BILL_STATES.join(', ')}` }).default('new')
})

/** Registers the runs below a base, e.g. `/billing/v1`. They are the provider's: a run bills all of its accounts. */
export function registerBillRuns(app: FastifyInstance, base: string, context: RouteContext): void {
  const access: Access = { scopes: ['billing:run'], supportsProxy: false }
  const config = { access }
  const path = `${base}/billRun`
  const { database, clock, newId } = context
  const asked = (request: FastifyRequest): RunContext => ({ author: context.requester(request).author, clock, newId })
  const one = async (request: FastifyRequest, id: string) => {
    const { tenantId } = context.requester(request).view
    const [run] = isId(id) ? await readRuns(database, tenantId, clock(), { id }) : []
    if (run) return run
    throw new Problem('notFound', 'There is no billRun with this id')
  }
  const write = (request: FastifyRequest, run: ReadRun) =>
    writeRun(run, `${context.address(request, path).url}/${run.id}`)
  app.post(path, { config }, async (request, reply) => {
    const { billCycle, dryRun, billState } = readBody(START, required(request))
    const start = { billCycleId: billCycle.id, isDry: dryRun, billState }
    const id = await database.transaction((tx) => startRun(tx, asked(request), start))
    reply.header('Location', `${context.address(request, path).url}/${id}`)
    return send(reply.code(202), write(request, await one(request, id)))
  })
  app.get(path, { config }, async (request, reply) => {
    const runs = await list(request, reply, context, path)
    return send(reply, await writeList(runs, (run) => write(request, run)))
  })
  app.get(`${path}/:id`, { config }, async (request: ItemRequest, reply) => {
    refuseQuery(request, 'a billRun is answered as a whole: it takes no query')
    return send(reply, write(request, await one(request, request.params.id)))
  })
  app.get(
    `${path}/:id/bills`,
    { config: { ...config, work: 'transfer' } },
    async (request: ItemRequest, reply: FastifyReply) => {
      refuseQuery(request, 'all bills of a billRun are answered: there is no query; GET /customerBill has filters')
      return sendBills(reply, request, context, await one(request, request.params.id))
    }
  )
  app.post(`${path}/:id/release`, { config }, async (request: ItemRequest) => {
    const { state, filter } = readBody(RELEASE, required(request))
    return releaseBills(database, asked(request), { runId: request.params.id, state, filter })
  })
  for (const [verb, act] of Object.entries({ cancel: cancelRun, resume: resumeRun, retry: retryRun })) {
    app.post(`${path}/:id/${verb}`, { config }, async (request: ItemRequest, reply) => {
      readBody(NOTHING, request.body ?? {})
      await database.transaction((tx: Transaction) => act(tx, asked(request), request.params.id))
      return send(reply.code(202), write(request, await one(request, request.params.id)))
    })
  }
}

async function list(
  request: FastifyRequest,
  reply: FastifyReply,
  { database, clock, requester, address }: RouteContext,
  path: string
): Promise<readonly ReadRun[]> {
  const { tenantId } = requester(request).view
  const { values, isPaged, link, ...page } = readListQuery(rawQuery(request), 'billRun', ['state', 'billCycle.id'])
  const filter = { states: statesOf(values.state), cycles: values['billCycle.id'] }
  const queryable = weighed(slotOf(request), database)
  const runs = await readRuns(queryable, tenantId, clock(), filter, page)
  const total = await countRuns(queryable, tenantId, filter)
  pageHeaders(reply, address(request, path).url, link, { ...page, isPaged, count: runs.length, total })
  return runs
}

function send(reply: FastifyReply, json: string | Buffer): FastifyReply {
  return reply.type(JSON_TYPE).send(json)
}

function required({ body }: FastifyRequest): unknown {
  if (body === undefined) throw new Problem('missingBody', 'The request needs a JSON body')
  return body
}

function refuseQuery(request: FastifyRequest, reason: string): void {
  if (rawQuery(request) !== '') throw new Problem('invalidQuery', reason)
}

function statesOf(states: readonly string[] | undefined): readonly string[] | undefined {
  if (states?.every((state) => RUN_STATES.some((known) => known === state)) ?? true) return states
  throw new Problem('invalidQuery', `the state of a billRun is one of ${RUN_STATES.join(', ')}`)
}
