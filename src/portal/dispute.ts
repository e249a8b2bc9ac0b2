import { customerAuthor } from '../auth/customers/context.ts'
import type { CustomerSession } from '../auth/customers/session.ts'
import { compareDecimals, minorDigits, NO_CURRENCY } from '../base/money.ts'
import { namedAs } from '../corrections/known.ts'
import type { Way } from '../corrections/lines.ts'
import { cancelOwnDispute } from '../disputes/end.ts'
import { openDispute } from '../disputes/open.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { PAGES } from '../messages/page.ts'
import type { AskedPage, PageAnswer, PageRoute } from '../pages/routes.ts'
import { type Bill, billOf } from './accounts.ts'
import { disputePage } from './dispute-page.ts'
import { both, type Message, missing } from './forms.ts'
import { requireCustomer } from './session.ts'
import { originOf, PORTAL_BASE, type PortalContext, type Visit } from './visit.ts'

const BAD_REQUEST = 400
const WORDS_MAX_LENGTH = 1_000
const ULID = /^[0-9A-Z]{26}$/
const LINE = 'line-'

/** The page of the disputes of a bill: to open one, to read the answers, and to withdraw. */
export const disputePages: readonly PageRoute<PortalContext>[] = both('/bill/{id}/dispute', showDisputes, send)

/** Returns the path of that page. */
export function disputePath(billId: string): string {
  return `/bill/${encodeURIComponent(billId)}/dispute`
}

async function showDisputes(context: PortalContext, asked: AskedPage, visit: Visit, message: Message = {}) {
  const session = requireCustomer(asked)
  if ('seeOther' in session) return session
  const bill = await disputedBill(context, asked, session)
  const path = disputePath(bill.id)
  return disputePage(context, asked, visit, { session, bill, path, once: context.newId(), message })
}

async function disputedBill(context: PortalContext, { params }: AskedPage, session: CustomerSession): Promise<Bill> {
  const bill = await billOf(context.database, session, String(params.id))
  if (bill?.isOurs) return bill
  throw PAGES.notFound()
}

async function send(context: PortalContext, asked: AskedPage, visit: Visit): Promise<PageAnswer> {
  const session = requireCustomer(asked)
  if ('seeOther' in session) return session
  const { words } = visit
  const bill = await disputedBill(context, asked, session)
  const { tenantId, partnerId, userId, accountIds } = session
  const author = customerAuthor(tenantId, userId ?? String(accountIds[0]), originOf(asked.request))
  const change = { ...context, author }
  const view = { tenantId, partnerId }
  const cancelled = asked.parameters.get('cancel')
  const shown = { seeOther: `${PORTAL_BASE}${disputePath(bill.id)}` }
  if (cancelled !== undefined) {
    await context.database.transaction((tx) => cancelOwnDispute(tx, change, view, { id: cancelled, billId: bill.id }))
    return shown
  }
  const [reason, description, once] = ['reason', 'words', 'once'].map((name) => asked.parameters.get(name)?.trim())
  if (!reason || !description || !once || !ULID.test(once)) return showDisputes(context, asked, visit, missing(words))
  const way = wayOf(asked, bill)
  if (way === undefined || description.length > WORDS_MAX_LENGTH) {
    const { disputedAmount: message } = words.failures
    return showDisputes(context, asked, visit, { message, status: BAD_REQUEST })
  }
  const named = namedAs(once, [bill.id, way, reason, description])
  const wanted = { billId: bill.id, way, reason, description, openedBy: 'customer' as const, ...named }
  await context.database.transaction((tx) => openDispute(tx, change, view, wanted))
  return shown
}

/** Returns what the form disputes: lines or an amount. Throws `invalidField` for both. */
function wayOf({ parameters }: AskedPage, { currency: unit = NO_CURRENCY }: Bill): Way | undefined {
  const lines = [...parameters.keys()].filter((name) => name.startsWith(LINE))
  const amount = parameters.get('amount')?.trim().replace(',', '.') ?? ''
  if (lines.length > 0 && amount !== '') throw CORRECTIONS.oneWay()
  if (lines.length > 0) {
    return { kind: 'lines', lines: lines.map((name) => ({ rateId: name.slice(LINE.length), amount: undefined })) }
  }
  const [, whole = '', places = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(amount) ?? []
  const value = places === '' ? whole : `${whole}.${places}`
  if (whole === '' || places.length > minorDigits(unit) || compareDecimals(value, '0') <= 0) return undefined
  return { kind: 'amount', amount: { unit, value } }
}
