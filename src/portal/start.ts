import type { CustomerSession } from '../auth/customers/session.ts'
import type { Instant } from '../base/instant.ts'
import { compareDecimals, minorDigits, NO_CURRENCY } from '../base/money.ts'
import { dayOf } from '../base/time-zone.ts'
import { formatOf } from '../documents/content/format.ts'
import { oneLine } from '../documents/content/texts.ts'
import { fill } from '../documents/content/vocabulary.ts'
import { answerDocument } from '../documents/routes.ts'
import { type Html, html } from '../http/html.ts'
import { PAGES } from '../messages/page.ts'
import type { PageRoute } from '../pages/routes.ts'
import { isOwnDocument } from '../resources/bill-document.ts'
import { ownName } from '../tmf/declaration/own-names.ts'
import { type AccountBalance, type Bill, balancesOf, billsOf, dueBillsOf, isOpen, seesBill } from './accounts.ts'
import { disputePath } from './dispute.ts'
import { requireCustomer } from './session.ts'
import { type PortalContext, pathTo, show, type Visit, visitOf } from './visit.ts'

const PAGES_MAX = 10_000
const FORMS = new Map([
  ['pdf', 'application/pdf'],
  ['html', 'text/html'],
  ['file', '*/*']
])

export const startPages: readonly PageRoute<PortalContext>[] = [
  {
    method: 'GET',
    path: '',
    handle: async (asked, context) => {
      const session = requireCustomer(asked)
      if ('seeOther' in session) return session
      const visit = await visitOf(context, asked.request, new Map())
      const page = pageNumber(asked.parameters.get('page'))
      const { database } = context
      const [balances, due, { bills, isMore }] = await Promise.all([
        balancesOf(database, session),
        page === 1 ? dueBillsOf(database, session) : [],
        billsOf(database, session, page)
      ])
      const writing: Writing = { context, visit, now: context.clock() }
      const { words, name = '' } = visit
      const content = html`<h1>${oneLine(fill(words.greeting, { name }))}</h1>
${page === 1 && html`${balanceList(writing, balances)}${dueTable(writing, due)}`}
<h2>${words.bills}</h2>
${bills.length === 0 ? html`<p>${words.noBills}</p>` : billTable(writing, bills)}
${pager(writing, page, isMore)}`
      return show(context, asked, visit, { title: words.start, content, isNarrow: false, at: '' })
    }
  },
  {
    method: 'GET',
    path: '/bill/{id}/{documentId}/{form}',
    handle: async (asked, context) => {
      const session = requireCustomer(asked)
      if ('seeOther' in session) return session
      return document(asked.request, asked.params, context, session)
    }
  }
]

async function document(
  request: Parameters<typeof answerDocument>[0],
  { id = '', documentId = '', form = '' }: Readonly<Record<string, string>>,
  context: PortalContext,
  session: CustomerSession
) {
  const accept = FORMS.get(form)
  if (accept === undefined || !(await seesBill(context.database, session, id))) throw PAGES.notFound()
  const name = { tenantId: session.tenantId, billId: id, documentId }
  const { headers = {}, content } = await answerDocument(request, context.database, name, accept)
  if (!content) throw PAGES.notFound()
  const { ETag: _, 'Cache-Control': __, ...kept } = headers
  return { content, headers: kept }
}

function pageNumber(text = '1'): number {
  const page = Number(text)
  if (/^[1-9]\d{0,4}$/.test(text) && page <= PAGES_MAX) return page
  throw PAGES.notFound()
}

interface Writing {
  readonly context: PortalContext
  readonly visit: Visit
  readonly now: Instant
}

function formatIn({ visit: { language, timeZone } }: Writing, currency: string) {
  return formatOf(language, timeZone, currency, minorDigits(currency))
}

function balanceList(writing: Writing, balances: readonly AccountBalance[]): Html {
  const { words } = writing.visit
  const figures = balances.map(({ accountName, accountId, currency, owed }) => {
    const { money } = formatIn(writing, currency)
    const sign = compareDecimals(owed, '0')
    const text =
      sign === 0 ? words.settled : fill(sign > 0 ? words.open : words.credit, { amount: money(owed.replace('-', '')) })
    const label = oneLine([accountName, ownName(accountId)].filter((part) => part !== '').join(' · '))
    return html`<div><dt>${words.balance} – ${label}</dt><dd><strong>${text}</strong></dd></div>`
  })
  return html`<dl class="figures">${figures}</dl>`
}

function dueTable(writing: Writing, bills: readonly Bill[]): Html {
  const { words } = writing.visit
  if (bills.length === 0) return html`<p>${words.nothingDue}</p>`
  const rows = bills.map(
    (bill) => html`<tr><th scope="row">${numberOf(bill)}</th><td class="number">${moneyOf(writing, bill, bill.due)}</td>
<td class="state">${dueText(writing, bill)}</td></tr>
`
  )
  return html`<h2>${words.duePart}</h2>
<table><thead><tr><th scope="col">${words.bill}</th><th scope="col" class="number">${words.amount}</th>
<th scope="col">${words.state}</th></tr></thead>
<tbody>${rows}</tbody></table>`
}

function billTable(writing: Writing, bills: readonly Bill[]): Html {
  const { words } = writing.visit
  const rows = bills.map((bill) => {
    const { billDate } = bill
    const date = billDate === undefined ? '' : formatIn(writing, bill.currency ?? NO_CURRENCY).date(billDate)
    return html`<tr><th scope="row">${numberOf(bill)}</th><td class="date">${date}</td>
<td class="number">${moneyOf(writing, bill, bill.amount)}</td>
<td class="state">${isOpen(bill) ? dueText(writing, bill) : words.paid}</td>
<td class="links">${documentLinks(writing, bill)}${disputeLink(writing, bill)}</td></tr>
`
  })
  return html`<table><thead><tr><th scope="col">${words.bill}</th><th scope="col">${words.date}</th>
<th scope="col" class="number">${words.amount}</th><th scope="col">${words.state}</th>
<th scope="col">${words.documents}</th></tr></thead>
<tbody>${rows}</tbody></table>`
}

function numberOf({ billNo, id }: Bill): string {
  return oneLine(billNo ?? id)
}

function moneyOf(writing: Writing, { currency = NO_CURRENCY }: Bill, amount: string | undefined): string {
  return amount === undefined ? '' : formatIn(writing, currency).money(amount)
}

/** Says when a bill is due; a bill is overdue from the day after, in the zone of the tenant. */
function dueText(writing: Writing, { paymentDueDate: due, currency = NO_CURRENCY, disputed, left }: Bill): Html {
  const { words, timeZone } = writing.visit
  if (due === undefined) return html``
  const isLate = dayOf(Date.parse(due), timeZone) < dayOf(Date.parse(writing.now), timeZone)
  if (compareDecimals(disputed, '0') > 0 && left === disputed) return html`${words.inDispute}`
  const text = fill(isLate ? words.overdue : words.due, { date: formatIn(writing, currency).date(due) })
  return isLate ? html`<span class="late">${text}</span>` : html`${text}`
}

/** Links PDF and HTML of a document that the server makes, and the file of one that was posted. */
function documentLinks({ context }: Writing, bill: Bill): readonly Html[] {
  const number = numberOf(bill)
  return bill.billDocument.flatMap((attachment) => {
    const link = (form: string, label: string) => {
      const path = `/bill/${encodeURIComponent(bill.id)}/${encodeURIComponent(attachment.id)}/${form}`
      return html`<a href="${pathTo(context, path)}" aria-label="${label} ${number}">${label}</a> `
    }
    if (isOwnDocument(attachment)) return [link('pdf', 'PDF'), link('html', 'HTML')]
    return attachment.content === undefined ? [] : [link('file', oneLine(attachment.name ?? attachment.id))]
  })
}

/** Links the disputes of a bill of which something is left. */
function disputeLink({ context, visit: { words } }: Writing, bill: Bill): Html | undefined {
  if (!bill.isOurs || !isOpen(bill)) return undefined
  const label = `${words.dispute} ${numberOf(bill)}`
  return html`<a href="${pathTo(context, disputePath(bill.id))}" aria-label="${label}">${words.dispute}</a>`
}

function pager({ context, visit: { words } }: Writing, page: number, isMore: boolean): Html | undefined {
  if (page === 1 && !isMore) return undefined
  const newer = page > 1 && html`<a href="${pathTo(context, page === 2 ? '' : `?page=${page - 1}`)}">${words.newer}</a>`
  const older = isMore && html`<a href="${pathTo(context, `?page=${page + 1}`)}">${words.older}</a>`
  return html`<p class="pager"><span>${newer}</span><span>${older}</span></p>`
}
