import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readBody } from '../admin/body.ts'
import type { Access } from '../base/access.ts'
import { Problem } from '../base/problem.ts'
import { isId } from '../base/ulid.ts'
import type { Transaction } from '../db/database.ts'
import { rawQuery } from '../tmf/address.ts'
import { parseQuery } from '../tmf/query.ts'
import type { RouteContext } from '../tmf/routes.ts'
import {
  BILL_STATES,
  type BillRun,
  cancelRun,
  type RunContext,
  readRuns,
  resumeRun,
  retryRun,
  startRun
} from './bill-run.ts'
import { sendBills } from './bill-run-bills.ts'
import { ISSUED_STATES } from './issue-existing.ts'
import { releaseBills } from './release.ts'

type ItemRequest = FastifyRequest<{ Params: { id: string } }>

const LIMIT_MAX = 1_000
const RELEASE = z.strictObject({
  state: z.enum(ISSUED_STATES, { error: `must be one of ${ISSUED_STATES.join(', ')}` }),
  filter: z.string({ error: 'must be a text' }).optional()
})
const START = z.strictObject({
  billCycle: z.strictObject({ id: z.string() }),
  dryRun: z.boolean().default(false),
  billState: z.enum(BILL_STATES).default('new')
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
    if (run) return represent(run, context.address(request, path).url)
    throw new Problem('notFound', 'There is no billRun with this id')
  }
  app.post(path, { config }, async (request, reply) => {
    const { billCycle, dryRun, billState } = read(request.body)
    const start = { billCycleId: billCycle.id, isDry: dryRun, billState }
    const id = await database.transaction((tx) => startRun(tx, asked(request), start))
    const run = await one(request, id)
    return reply.code(202).header('Location', run.href).send(run)
  })
  app.get(path, { config }, async (request, reply) => {
    const { offset = 0, limit = 100 } = parseQuery(rawQuery(request))
    const { tenantId } = context.requester(request).view
    const runs = await readRuns(database, tenantId, clock(), { offset, limit: Math.min(limit, LIMIT_MAX) })
    reply.header('X-Result-Count', runs.length)
    return runs.map((run) => represent(run, context.address(request, path).url))
  })
  app.get(`${path}/:id`, { config }, (request: ItemRequest) => one(request, request.params.id))
  app.get(`${path}/:id/bills`, { config }, async (request: ItemRequest, reply: FastifyReply) => {
    const run = await one(request, request.params.id)
    return sendBills(reply, request, context, run)
  })
  app.post(`${path}/:id/release`, { config }, async (request: ItemRequest) => {
    const { state, filter } = readBody(RELEASE, request.body)
    return releaseBills(database, asked(request), { runId: request.params.id, state, filter })
  })
  for (const [verb, act] of Object.entries({ cancel: cancelRun, resume: resumeRun, retry: retryRun })) {
    app.post(`${path}/:id/${verb}`, { config }, async (request: ItemRequest, reply) => {
      await database.transaction((tx: Transaction) => act(tx, asked(request), request.params.id))
      return reply.code(202).send(await one(request, request.params.id))
    })
  }
}

function represent(run: BillRun, url: string): BillRun & { readonly href: string } {
  const { id, ...others } = run
  return { id, href: `${url}/${id}`, ...others }
}

function read(body: unknown): z.output<typeof START> {
  if (typeof body !== 'object' || body === null) throw new Problem('missingBody', 'A billRun is a JSON object')
  const result = START.safeParse(body)
  if (result.success) return result.data
  throw new Problem(
    'invalidField',
    result.error.issues.map(({ path: at, message }) => `$.${at.join('.')} ${message}`).join('; ')
  )
}
