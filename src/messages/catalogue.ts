import { ACCESS } from './access.ts'
import { ACCOUNTS } from './account.ts'
import { ADMIN } from './admin.ts'
import { BILLS } from './bill.ts'
import { BODIES } from './body.ts'
import { BOOKS } from './books.ts'
import { CALLBACKS } from './callback.ts'
import { CAPTCHAS } from './captcha.ts'
import { COMPARISONS } from './comparison.ts'
import { CORRECTIONS } from './correction.ts'
import { CUSTOMERS } from './customer.ts'
import { CYCLES } from './cycle.ts'
import { DELIVERIES } from './delivery.ts'
import { DISPUTES } from './dispute.ts'
import { DOCUMENTS } from './document.ts'
import { DUNNING } from './dunning.ts'
import { EVENTS } from './event.ts'
import { FIELDS } from './field.ts'
import { GUESSES } from './guess.ts'
import { HTTP } from './http.ts'
import { type Entry, type Reason, readFault } from './message.ts'
import { OAUTH } from './oauth.ts'
import { OVERDUE } from './overdue.ts'
import { PAGES } from './page.ts'
import { PARTNERS } from './partner.ts'
import { PAYMENTS } from './payment.ts'
import { errorBody } from './problem.ts'
import { QUERIES } from './query.ts'
import { RATES } from './rate.ts'
import { REASONS, SKIPS } from './reason.ts'
import { RESOURCES } from './resource.ts'
import { RUNS } from './run.ts'
import { SERVER } from './server.ts'
import { SSO } from './sso.ts'
import { SUBSCRIPTIONS } from './subscription.ts'
import { UNMATCHED } from './unmatched.ts'
import { UPLOADS } from './upload.ts'
import { UPLOAD_FAILURES } from './upload-failure.ts'

/** All that clients can be told, by what it is about. */
export const CATALOGUE: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  'Requests as HTTP has them': HTTP,
  'Query strings': QUERIES,
  Bodies: BODIES,
  'Credentials and scopes': ACCESS,
  'Tokens and signing in': OAUTH,
  'Single sign-on': SSO,
  Administration: ADMIN,
  Resources: RESOURCES,
  'Customers and accounts': ACCOUNTS,
  Rates: RATES,
  Bills: BILLS,
  Documents: DOCUMENTS,
  Payments: PAYMENTS,
  'Open and overdue amounts': OVERDUE,
  Dunning: DUNNING,
  'Books and balances': BOOKS,
  Corrections: CORRECTIONS,
  Disputes: DISPUTES,
  Uploads: UPLOADS,
  'The API for partners': PARTNERS,
  'Customers who sign in': CUSTOMERS,
  Captchas: CAPTCHAS,
  'Pages of the portal': PAGES,
  Cycles: CYCLES,
  'Runs of billing': RUNS,
  'Comparisons of billers': COMPARISONS,
  Events: EVENTS,
  'Subscriptions to events': SUBSCRIPTIONS,
  'Callbacks of subscribers': CALLBACKS,
  'Deliveries of events': DELIVERIES,
  'The server': SERVER
}

export const FAULTS: readonly Entry<string>[] = Object.values(FIELDS)
export const STORED_REASONS: readonly Entry<Reason>[] = [
  ...Object.values(REASONS),
  ...Object.values(UNMATCHED),
  ...Object.values(GUESSES),
  ...Object.values(UPLOAD_FAILURES)
]

export function errorsPage(): string {
  const sections = Object.entries(CATALOGUE).map(([about, entries]) => {
    const lines = Object.values(entries).map(({ example }) => lineOf(errorBody(example(), '')))
    return `## ${about}\n\n${COLUMNS}\n| --- | --- | --- | --- | --- |\n${lines.join('')}`
  })
  return `${HEAD}\n${[...sections, faultsSection(), reasonsSection()].join('\n')}`
}

function faultsSection(): string {
  const lines = FAULTS.map(({ code, example }) => `| \`${code}\` | ${escaped(readFault(example()).text)} |\n`)
  const table = `| faultCode | fault, for example |\n| --- | --- |\n${lines.join('')}`
  return `## Faults of fields\n\n${ABOUT_FAULTS}\n${table}`
}

function reasonsSection(): string {
  const lines = STORED_REASONS.map(({ code, example }) => `| \`${code}\` | ${escaped(example().text)} |\n`)
  const skips = Object.entries(SKIPS).map(([code, meaning]) => `| \`${code}\` | ${meaning} |\n`)
  const table = `| code | reason, for example |\n| --- | --- |\n${lines.join('')}`
  return `${ABOUT_REASONS}\n${table}\n${ABOUT_SKIPS}\n| reason | meaning |\n| --- | --- |\n${skips.join('')}`
}

function lineOf({ messageCode, status, code, reason, message = '' }: Readonly<Record<string, string>>): string {
  return `| \`${messageCode}\` | ${status} | ${code} | ${reason} | ${escaped(message)} |\n`
}

function escaped(text: string): string {
  return text.replaceAll(/[\\`*_<|]/g, String.raw`\$&`)
}

const ABOUT_FAULTS = `An error about fields has \`errors\`: the \`path\`, the \`message\` and the \`faultCode\` of each
fault, at most 20 of them. So has a line of many. The \`path\` of a parameter of the query is its name.
`

const ABOUT_REASONS = `## Reasons of the billing

A request for a bill that ends without one has a \`stateReason\` and its \`stateReasonCode\`. A parked account of a run
has a \`reason\` and its \`reasonCode\`, and so has an unmatched payment. Those of before there were codes have none.
`

const ABOUT_SKIPS = `Runs and releases count what they skip by a \`reason\` that is a code itself. The
\`holdReason\` of a bill is a text of the client that puts it on hold, and has no code.
`

const COLUMNS = '| messageCode | status | code | reason | message, for example |'

const HEAD = `# Errors

Written by \`npm run openapi\` from \`src/messages\`, where each message stands once.

Every error has a \`messageCode\`. It stays the same when its text gets better, so programs and support can go by
it. The \`code\` and the \`reason\` say what kind of failure it is. The messages below have the values of an
example. A line of many that is refused has a \`messageCode\` for each of its errors. In the
[API for partners](partner-api.md) the \`code\` is the status. Errors of OAuth have the members of RFC 6749 instead.
`
