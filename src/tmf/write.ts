import { recordChange } from '../audit/record.ts'
import { isRecord, present } from '../base/unknown.ts'
import type { Row, Transaction } from '../db/database.ts'
import { constraintName, sqlState } from '../db/failure.ts'
import { asPrepared, identifier, identifiers, join, prepared, sql } from '../db/sql.ts'
import type { Expected } from '../http/conditional.ts'
import type { PatchType } from '../http/media-types.ts'
import { BODIES } from '../messages/body.ts'
import { aboutName } from '../messages/problem.ts'
import { RESOURCES } from '../messages/resource.ts'
import { changedNames, only } from './changes.ts'
import { rulesOf, type Served } from './declaration/define.ts'
import { ownId } from './declaration/own-names.ts'
import type {
  Addition,
  ChangeContext,
  Concealed,
  Document,
  NewSecret,
  Owner,
  Resource,
  RowKey,
  Stored,
  Written
} from './declaration/resource.ts'
import { validate } from './declaration/schema.ts'
import { recordEvents } from './event.ts'
import { applied } from './patch.ts'
import { find } from './read.ts'
import { checkReferences, ownView, type ReferenceContext, resolved } from './references.ts'
import { readStored } from './representation.ts'
import { type ColumnValue, columnValues, internalValues, rowValues } from './row-values.ts'
import { checkTransition } from './states.ts'

export interface WriteContext extends ReferenceContext, ChangeContext {}

export interface Created {
  readonly row: Row
  readonly secret: string | undefined
}

/**
 * Creates a resource from a posted body: validates, completes, checks references, records audit and event. `made` is
 * its secret, see `secretFor`.
 */
export async function create(
  tx: Transaction,
  context: WriteContext,
  resource: Served,
  body: unknown,
  made?: NewSecret
): Promise<Created> {
  const now = context.clock()
  const sent = named(resource, context.view, validate(resource, postable(resource, body).document))
  const id = String(sent.id ?? context.newId())
  const rules = rulesOf(resource)
  const posted = rules.completePosted?.(sent, { id, now, newId: context.newId }) ?? sent
  const whole = { ...(await completed(tx, context, resource, posted)), ...stamp(resource, now) }
  rules.check?.(whole)
  await checkReferences(tx, context, resource, [...resource.attributes.keys()], whole)
  const key = { tenantId: context.view.tenantId, id }
  const { document, columns } = rules.conceal?.(whole, key) ?? { document: whole, columns: {} }
  const secret = secretOf(resource, document, made)
  const hidden = [...Object.entries(columns), ...secretValues(resource, key, secret)]
  const row = await insert(tx, resource, context.view, { id, document }, hidden)
  await recordChange(
    tx,
    context,
    { action: 'create', resourceType: resource.type, resourceId: id, after: document },
    now
  )
  await recordEvents(tx, context, resource, 'created', [id], now)
  const last = await finished(tx, context, resource, row, { id, document })
  return { row: last, secret: secret?.shown }
}

async function insert(
  tx: Transaction,
  resource: Resource,
  owner: Owner,
  { id, document }: Written,
  hidden: readonly ColumnValue[]
): Promise<Row> {
  // An attribute may show a column that another one writes, or that names the owner: a column is written once.
  const values = [
    ...new Map([...rowValues(resource, document), ...ownerValues(resource, owner), ['id', id], ...hidden])
  ]
  const columns = join(values.map(([column]) => identifier(column)))
  const bound = join(values.map(([, value]) => sql`${value}`))
  const table = identifier(resource.table)
  const statement = prepared`INSERT INTO ${table} (${columns}) VALUES (${bound})
    RETURNING ${identifiers(resource.columns)}`
  const { rows } = await tx.run(statement).catch(refuseDuplicate(resource))
  return present(rows[0], 'the new row')
}

function secretValues({ secret }: Resource, row: RowKey, made: NewSecret | undefined): readonly ColumnValue[] {
  if (!secret) return []
  return [[secret.column, made ? (secret.seal?.(row, made.kept) ?? made.kept) : null]]
}

function secretOf({ type, secret }: Resource, document: Document, made?: NewSecret): NewSecret | undefined {
  if (!secret || secret.isFor?.(document) === false) return undefined
  if (made) return made
  throw new Error(`The secret of ${type} is to be made before the transaction`)
}

function named({ clientId }: Resource, owner: Owner, document: Document): Document {
  return clientId && document.id !== undefined ? { ...document, id: ownId(owner, String(document.id)) } : document
}

async function finished(
  tx: Transaction,
  context: WriteContext,
  resource: Served,
  row: Row,
  after: Written,
  before?: Stored
): Promise<Row> {
  const { afterWrite } = rulesOf(resource)
  if (!afterWrite?.when(after.document, before)) return row
  await afterWrite.run(tx, context, after, before)
  return find(tx, resource, context.view, after.id)
}

export function ownerValues({ owner }: Resource, { tenantId, partnerId }: Owner): readonly ColumnValue[] {
  const tenant: ColumnValue = ['tenant_id', tenantId]
  return owner === 'partner' && partnerId !== undefined ? [tenant, ['partner_id', partnerId]] : [tenant]
}

function refuseDuplicate({ noun, unique = {} }: Resource): (error: unknown) => never {
  return (error) => {
    const name = sqlState(error) === UNIQUE_VIOLATION ? unique[constraintName(error) ?? ''] : undefined
    if (name === undefined) throw error
    throw aboutName(RESOURCES.exists(noun, name))
  }
}

const UNIQUE_VIOLATION = '23505'

/** Changes a resource by a patch. A patch without changes leaves the row, its version and lastUpdate alone. */
export async function patch(
  tx: Transaction,
  context: WriteContext,
  resource: Served,
  name: string,
  requireExpected: Expected,
  type: PatchType,
  body: unknown
): Promise<Row> {
  const row = await find(tx, resource, context.view, name, 'update')
  const stored = readStored(resource, row)
  const { id } = stored
  requireExpected(stored.version)
  const sent = validate(resource, applied(resource, stored.document, type, body))
  const rules = rulesOf(resource)
  rules.checkChange?.(stored)
  const sentChanges = [...changedNames(stored.document, sent)]
  if (sentChanges.length === 0) return row
  checkTransition(resource, stored, sent)
  const view = await ownView(tx, resource, context.view, id, sentChanges)
  const whole = await completed(tx, { ...context, view }, resource, sent, stored)
  const changed = [...changedNames(stored.document, whole)]
  if (changed.length === 0) return row
  rules.check?.(whole, stored)
  await checkReferences(tx, { ...context, view }, resource, changed, whole)
  const { document: after, ...hidden } = rules.conceal?.(whole, { ...context.view, id }, stored) ?? { document: whole }
  const addition = joined(hidden, await rules.beforeChange?.(tx, context, after, stored))
  const now = context.clock()
  const updated = await update(tx, context, resource, { stored, after, changed, addition, now })
  const then = addition?.columns ? readStored(resource, updated).document : after
  const change = { action: 'patch' as const, ...addition, resourceType: resource.type, resourceId: id }
  const [before, told] = [stored.document, then].map((whole) => only(whole, changed))
  await recordChange(tx, context, { ...change, before, after: { ...told, ...addition?.after } }, now)
  const what = changed.includes(stateOf(resource)) ? 'stateChanged' : 'attributeValueChanged'
  await recordEvents(tx, context, resource, what, [id], now)
  return finished(tx, context, resource, updated, { id, document: after }, stored)
}

function joined(hidden: Partial<Pick<Concealed, 'columns'>>, addition: Addition | undefined): Addition | undefined {
  return hidden.columns ? { ...addition, columns: { ...hidden.columns, ...addition?.columns } } : addition
}

interface Update {
  readonly stored: Stored
  readonly after: Document
  readonly changed: readonly string[]
  readonly addition: Addition | undefined
  readonly now: string
}

async function update(
  tx: Transaction,
  { view }: WriteContext,
  resource: Resource,
  { stored, after, changed, addition, now }: Update
): Promise<Row> {
  const stamped = stamp(resource, now)
  const names = [...changed.filter((name) => resource.attributes.has(name)), ...Object.keys(stamped)]
  // Later entries win.
  const values = new Map([
    ...columnValues(resource, names, { ...after, ...stamped }),
    ...internalValues(resource, after, stored),
    ...Object.entries(addition?.columns ?? {})
  ])
  const assignments = join([...values].map(([column, value]) => sql`${identifier(column)} = ${value}`))
  const statement = sql`UPDATE ${identifier(resource.table)} SET "version" = "version" + 1, ${assignments}
    WHERE "tenant_id" = ${view.tenantId} AND "id" = ${stored.id} RETURNING ${identifiers(resource.columns)}`
  const isCommon = !addition && changed.join() === stateOf(resource)
  const { rows } = await tx.run(asPrepared(statement, isCommon)).catch(refuseDuplicate(resource))
  return present(rows[0], 'the changed row')
}

function stateOf({ states }: Resource): string {
  return states?.attribute ?? 'state'
}

/** Resolves open references and applies the checks that need the database. */
async function completed(
  tx: Transaction,
  context: WriteContext,
  resource: Served,
  document: Document,
  before?: Stored
): Promise<Document> {
  const { completeChanged, completeFromDatabase } = rulesOf(resource)
  const named = await resolved(tx, context, resource, document, before?.document)
  const after = (before && completeChanged?.(named, before.document)) ?? named
  return (await completeFromDatabase?.(tx, context.view, after, before)) ?? after
}

/** Reads a posted body: an object without id and href. Drops the server's own attributes. */
export function postable(resource: Resource, body: unknown): { readonly document: Document; readonly chosen: unknown } {
  if (!isRecord(body)) throw BODIES.notObject()
  const sent: Document = { ...body }
  const own = (resource.clientId ? ['href'] : ['id', 'href']).filter((name) => (sent[name] ?? null) !== null)
  if (own.length > 0) throw BODIES.givenByServer(own.map((name) => `$.${name}`))
  const chosen = resource.secret?.chosen ? resource.secret.member : undefined
  const isOurs = (name: string) => name === 'href' || name === chosen || resource.attributes.get(name)?.readOnly
  const isAllTheirs = !Object.keys(sent).some(isOurs)
  const document = isAllTheirs ? sent : Object.fromEntries(Object.entries(sent).filter(([name]) => !isOurs(name)))
  return { document, chosen: chosen === undefined ? undefined : (sent[chosen] ?? undefined) }
}

export function stamp(resource: Resource, now: string): Document {
  return resource.attributes.has('lastUpdate') ? { lastUpdate: now } : {}
}
