import type { CustomerSession } from '../auth/customers/session.ts'
import { compareDecimals, minorDigits, NO_CURRENCY } from '../base/money.ts'
import { disputeReasons } from '../disputes/open.ts'
import { type Format, formatOf } from '../documents/content/format.ts'
import { oneLine } from '../documents/content/texts.ts'
import { fill } from '../documents/content/vocabulary.ts'
import { type Html, html } from '../http/html.ts'
import { type AskedPage, FORM_TOKEN, type PageAnswer } from '../pages/routes.ts'
import type { Bill } from './accounts.ts'
import { disputableLines, disputesOf, type ShownDispute, type ShownLine } from './disputed.ts'
import type { Message } from './forms.ts'
import { alert, hidden, type PortalContext, pathTo, show, type Visit } from './visit.ts'
import type { PortalWords } from './vocabulary.ts'

interface Parts {
  readonly session: CustomerSession
  readonly bill: Bill
  readonly path: string
  /** The name of the dispute that the form opens: sent twice, it is opened once. */
  readonly once: string
  readonly message: Message
}

/** Shows the disputes of a bill with their answers, and the form for another one while something is left. */
export async function disputePage(
  context: PortalContext,
  asked: AskedPage,
  visit: Visit,
  parts: Parts
): Promise<PageAnswer> {
  const { session, bill, path, message } = parts
  const { words, language, timeZone } = visit
  const { database } = context
  const [disputes, lines, reasons] = await Promise.all([
    disputesOf(database, session, bill.id),
    disputableLines(database, session, bill.id),
    disputeReasons(database, session.tenantId)
  ])
  const { currency = NO_CURRENCY, due = '0' } = bill
  const format = formatOf(language, timeZone, currency, minorDigits(currency))
  const action = pathTo(context, path)
  const token = hidden(FORM_TOKEN, asked.formToken)
  const title = oneLine(fill(words.disputeTitle, { bill: bill.billNo ?? bill.id }))
  const form =
    compareDecimals(due, '0') > 0
      ? html`<p>${words.disputeText}</p>
<form method="post" action="${action}">${token}${hidden('once', parts.once)}
${fields(asked, words, format, { lines, reasons, currency, due })}
<button type="submit">${words.disputeButton}</button></form>`
      : html`<p>${words.disputeNothing}</p>`
  const content = html`<h1>${title}</h1>
${alert(message.message)}
${form}
${disputes.length > 0 && html`<h2>${words.disputes}</h2>`}
${disputes.map((dispute) => shown(words, format, dispute, cancelForm(words, dispute, action, token)))}`
  return show(context, asked, visit, { title, content, status: message.status ?? 200 })
}

interface Choices {
  readonly lines: readonly ShownLine[]
  readonly reasons: readonly string[]
  readonly currency: string
  readonly due: string
}

function fields({ parameters }: AskedPage, words: PortalWords, format: Format, choices: Choices): Html {
  const { lines, reasons, currency, due } = choices
  const boxes = lines.map(({ id, name, amount }) => {
    const checked = parameters.has(`line-${id}`) && html` checked`
    return html`<label><input type="checkbox" name="line-${id}" value="1"${checked}>${oneLine(name)},
${format.money(amount)}</label>
`
  })
  const options = reasons.map((reason) => {
    const selected = parameters.get('reason') === reason && html` selected`
    return html`<option value="${reason}"${selected}>${reasonIn(words, reason)}</option>`
  })
  const hint = fill(words.disputeAmountHint, { currency, amount: format.amount(due) })
  return html`${lines.length > 0 && html`<fieldset><legend>${words.disputeLines}</legend>${boxes}</fieldset>`}
<label for="amount">${lines.length > 0 ? words.disputeAmount : words.amount}</label>
<p class="hint" id="amount-hint">${hint}</p>
<input id="amount" name="amount" inputmode="decimal" autocomplete="off" aria-describedby="amount-hint"
  value="${parameters.get('amount') ?? ''}">
<label for="reason">${words.disputeReason}</label>
<select id="reason" name="reason" required>${options}</select>
<label for="words">${words.disputeWords}</label>
<textarea id="words" name="words" rows="4" maxlength="1000" required>${parameters.get('words') ?? ''}</textarea>
`
}

const KNOWN_REASONS = ['wrongAmount', 'unknownCharge', 'notDelivered', 'alreadyPaid', 'other'] as const

/** Returns a reason in words; one of the tenant's own stands for itself. */
function reasonIn(words: PortalWords, reason: string): string {
  const known = KNOWN_REASONS.find((one) => one === reason)
  return known ? words[known] : oneLine(reason)
}

function shown(words: PortalWords, format: Format, dispute: ShownDispute, cancel: Html | undefined): Html {
  const { createdAt, amount, state, description, answer } = dispute
  return html`<dl class="figures"><div><dt>${format.date(createdAt)} · ${format.money(amount)}</dt>
<dd><strong>${words[state]}</strong></dd>
${description !== undefined && html`<dd>${oneLine(description)}</dd>`}
${answer !== undefined && html`<dt>${words.answer}</dt><dd>${oneLine(answer)}</dd>`}
${cancel}</div></dl>
`
}

/** Withdraws a dispute that the customer opened and that is open. */
function cancelForm(words: PortalWords, { id, state, openedBy }: ShownDispute, action: string, token: Html) {
  if (openedBy !== 'customer' || !['acknowledged', 'inProgress'].includes(state)) return undefined
  return html`<form method="post" action="${action}">${token}${hidden('cancel', id)}
<button type="submit">${words.disputeCancel}</button></form>`
}
