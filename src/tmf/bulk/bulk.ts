import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Database } from '../../db/database.ts'
import { slotOf } from '../../fairness/request-slot.ts'
import { rawQuery } from '../../http/address.ts'
import { LINES_TYPE } from '../../http/body.ts'
import { findingsOf } from '../../http/findings.ts'
import type { Lines } from '../../http/lines.ts'
import { allowLongBody } from '../../http/long-body.ts'
import type { Line } from '../../http/pieces.ts'
import { HTTP } from '../../messages/http.ts'
import { Problem } from '../../messages/problem.ts'
import { QUERIES } from '../../messages/query.ts'
import { SERVER } from '../../messages/server.ts'
import { inTurns } from '../../pace/turns.ts'
import type { Served } from '../declaration/define.ts'
import { splitQuery } from '../query/query-text.ts'
import { isStored, storeAll } from './atomic.ts'
import type { BulkResource } from './insert.ts'
import { BATCH_LINES, type BulkContext, type Draft, drafted, NOTHING, type Result, storeDrafts } from './rows.ts'

const BATCH_BYTES = 4_194_304
/** Batches of one request stored at the same time: while one waits for the disk or for this process, two compute. */
const STORING_MAX = 3
const RESULTS_BYTES = 16_777_216

/**
 * Creates a document for each line and streams one line of JSON per result, in order, while the body still arrives.
 * `atomic=true` stores all or none; then the status is 422. Throws a Problem for faults before the first result.
 */
export async function createMany(
  request: FastifyRequest,
  reply: FastifyReply,
  resource: Served,
  { database, ...parts }: BulkContext,
  { groups }: Lines
): Promise<FastifyReply> {
  if (!isBulk(resource)) throw new Error(`${resource.type} does not take many`)
  if (request.headers['idempotency-key'] !== undefined) {
    const { noun, bulk } = resource
    throw HTTP.keyForOne(noun, bulk.key)
  }
  const isAtomic = parseAtomic(rawQuery(request))
  allowLongBody(request)
  const slot = slotOf(request)
  const inSlot: Database['transaction'] = (work) => slot.run('write', () => database.transaction(work))
  const context = { ...parts, database: { transaction: inSlot } }
  if (isAtomic) {
    const results = await storeAll(context, resource, groups)
    const code = results.every(isStored) ? 200 : 422
    return reply
      .code(code)
      .type(LINES_TYPE)
      .send(Readable.from(inTurns(results.values().map(resultLine))))
  }
  const texts = storeBatches(context, resource, groups, (error) => request.log.error({ err: error }, 'a batch failed'))
  const first = await texts.next()
  if (first.done) throw NOTHING
  const all = Readable.from(withFirst(first.value, texts), { objectMode: false, highWaterMark: RESULTS_BYTES })
  return reply.type(LINES_TYPE).send(all)
}

function isBulk(resource: Served): resource is BulkResource {
  return resource.bulk !== undefined
}

function parseAtomic(raw: string): boolean {
  const { reserved, alternatives } = splitQuery(raw, ['atomic'])
  const values = reserved.get('atomic') ?? []
  if (alternatives.length > 0) throw QUERIES.onlyAtomic()
  if (values.length > 1 || !['true', 'false', undefined].includes(values[0])) {
    throw QUERIES.wrongAtomic()
  }
  return values[0] === 'true'
}

async function* withFirst(first: string, others: AsyncGenerator<string>): AsyncGenerator<string> {
  yield first
  yield* others
}

function resultLine(result: Result): string {
  return `${JSON.stringify(result)}\n`
}

type Groups = Lines['groups']

type Read = { readonly kind: 'read'; readonly lines: readonly Line[] } | { readonly kind: 'end' } | Cut
type Cut = { readonly kind: 'cut'; readonly error: unknown }
type Stored =
  | { readonly kind: 'stored'; readonly text: string }
  | { readonly kind: 'failed'; readonly error: unknown; readonly line: number }
type Outcome = Stored | Cut

/**
 * Yields the results of batches as text. If the client goes away, batches under way are still stored. A failure is a
 * last line: lines without a result are not stored.
 */
async function* storeBatches(
  context: BulkContext,
  resource: BulkResource,
  groups: Groups,
  report: (error: unknown) => void
): AsyncGenerator<string> {
  let hasAnswered = false
  let failure: Exclude<Outcome, { kind: 'stored' }> | undefined
  for await (const outcome of outcomesOf(context, resource, groups)) {
    if (outcome.kind === 'stored') {
      hasAnswered = true
      yield outcome.text
    } else failure ??= outcome
  }
  if (failure && !hasAnswered) throw failure.error
  if (failure?.kind !== 'failed') return
  report(failure.error)
  const errors = findingsOf(failure.error instanceof Problem ? failure.error : SERVER.failed())
  yield resultLine({ line: failure.line, errors, status: 'failed' })
}

/**
 * Reads lines while batches are stored, up to a bound. Yields the outcomes in order; after a failure it ends with the
 * batches under way.
 */
async function* outcomesOf(context: BulkContext, resource: BulkResource, groups: Groups): AsyncGenerator<Outcome> {
  const incoming = groups[Symbol.asyncIterator]()
  const waiting: Draft[] = []
  const storing: Promise<Stored>[] = []
  let reading: Promise<Read> | undefined = read(incoming)
  while (reading || storing.length > 0 || waiting.length > 0) {
    if (hasBatch(waiting, storing.length)) storing.push(store(context, resource, waiting.splice(0, BATCH_LINES)))
    const pending: Promise<Read | Stored>[] = storing.slice(0, 1)
    if (reading && !isFull(waiting)) pending.push(reading)
    const event = await Promise.race(pending)
    switch (event.kind) {
      case 'read': {
        const now = context.clock()
        waiting.push(...event.lines.map((line) => drafted(context, resource, line, now)))
        reading = read(incoming)
        break
      }
      case 'end':
        reading = undefined
        break
      case 'stored':
        storing.shift()
        yield event
        break
      default:
        yield event
        yield* await Promise.all(event.kind === 'cut' ? storing : storing.slice(1))
        return
    }
  }
}

/** The only batch never waits; a parallel one waits until it is worth a transaction. */
function hasBatch(waiting: readonly Draft[], storing: number): boolean {
  return storing === 0 ? waiting.length > 0 : storing < STORING_MAX && isFull(waiting)
}

function isFull(waiting: readonly Draft[]): boolean {
  return waiting.length >= BATCH_LINES || waiting.reduce((sum, { bytes }) => sum + bytes, 0) >= BATCH_BYTES
}

async function read(incoming: AsyncIterator<readonly Line[]>): Promise<Read> {
  try {
    const { done, value } = await incoming.next()
    return done ? { kind: 'end' } : { kind: 'read', lines: value }
  } catch (error) {
    return { kind: 'cut', error }
  }
}

async function store(context: BulkContext, resource: BulkResource, batch: readonly Draft[]): Promise<Stored> {
  try {
    const results = await context.database.transaction((tx) => storeDrafts(tx, context, resource, batch))
    return { kind: 'stored', text: results.map(resultLine).join('') }
  } catch (error) {
    return { kind: 'failed', error, line: batch[0]?.line ?? 0 }
  }
}
