import Big from 'big.js'
import { creditorReference } from '../src/base/creditor-reference.ts'
import { minorDigits } from '../src/base/money.ts'
import type { Bill, Named } from './answers.ts'
import { type Call, get } from './api.ts'
import { type Money, moneyText } from './arithmetic.ts'
import type { Subscriber } from './cast.ts'
import { expectSame } from './expectation.ts'
import { OPERATOR } from './names.ts'
import { looks } from './patience.ts'
import { showBill } from './receipts.ts'
import type { Scene } from './stage.ts'

const IMPORT = '/billing/v1/paymentImport'
const UNMATCHED = '/billing/v1/unmatchedPayment'

/** A credit to the provider's account in the bank. */
interface Credit {
  readonly payer: Pick<Subscriber, 'name'>
  readonly bill: Bill
}

interface Import extends Named {
  readonly state: string
  readonly rows: number
  readonly created: number
  readonly unmatched: number
}

interface Unmatched extends Named {
  readonly state: string
  readonly amount: Money
  readonly reason: string
  readonly debtor: { readonly name: string }
  readonly guesses: readonly [{ readonly bill?: Bill; readonly reasons: readonly { readonly reason: string }[] }]
}

/** Imports the bank's statement of these credits; the last one lacks the reference, and is assigned by hand. */
export async function importStatement(scene: Scene, credits: readonly Credit[], forgetful: Credit): Promise<void> {
  const { api, narrator } = scene
  const entries = [...credits, forgetful].map((credit, at) => entryOf(scene, credit, at, credit !== forgetful))
  const number = entries.length.toLocaleString('en')
  const { body } = await api.show<Import>(send(statementOf(entries), number), (reply) => reply.body.state)
  const done = await ended(scene, body.id)
  const { rows, created, unmatched } = done
  narrator.remark(`of ${number} payments ${created.toLocaleString('en')} matched, ${unmatched} waits for a person`)
  expectSame('what became of the statement', [rows, created, unmatched], [entries.length, credits.length, 1])
  narrator.say(`${forgetful.payer.name} left the reference out. The server guesses, and a person decides.`)
  const { body: waiting } = await api.show<readonly Unmatched[]>(get(UNMATCHED), (reply) =>
    reply.body.map(guessText).join('; ')
  )
  const [one] = waiting
  const guess = one?.guesses[0].bill
  expectSame('the payments that wait, and the best guess', [waiting.length, guess?.id], [1, forgetful.bill.id])
  const assign = {
    method: 'PATCH',
    path: `${UNMATCHED}/${one?.id}`,
    body: { bill: { id: guess?.id } },
    status: 200
  } as const
  await api.show<Unmatched>(assign, (reply) => reply.body.state)
  await showBill(scene, forgetful.bill.id, 'settled', { ...forgetful.bill.amountDue, value: 0 })
}

function send(statement: string, number: string): Call {
  const headers = { 'Content-Type': 'application/xml' }
  return { method: 'POST', path: IMPORT, body: statement, headers, status: 202, note: `(camt.053, ${number} entries)` }
}

async function ended({ api, signal }: Scene, id: string): Promise<Import> {
  for await (const _ of looks('the import', signal)) {
    const { body } = await api.ask<Import>(get(`${IMPORT}/${id}`))
    if (body.state !== 'receiving' && body.state !== 'running') return body
  }
  throw new Error('looks do not end')
}

function guessText({ amount, debtor, guesses: [{ bill, reasons }] }: Unmatched): string {
  const why = reasons.map(({ reason }) => reason).join(', ')
  return `${moneyText(amount)} from ${debtor.name}, probably for ${bill?.billNo}: ${why}`
}

interface Entry {
  readonly currency: string
  readonly xml: string
}

function entryOf({ month }: Scene, { payer, bill }: Credit, at: number, hasReference: boolean): Entry {
  const { unit, value } = bill.amountDue
  const reference = `<Strd><CdtrRefInf><Ref>${creditorReference(bill.billNo)}</Ref></CdtrRefInf></Strd>`
  return {
    currency: unit,
    xml: `<Ntry><Amt Ccy="${unit}">${new Big(value).toFixed(minorDigits(unit))}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Sts>BOOK</Sts><ValDt><Dt>${month.dayAfter}</Dt></ValDt><AcctSvcrRef>entry ${at + 1}</AcctSvcrRef>
<NtryDtls><TxDtls><RltdPties><Dbtr><Nm>${payer.name}</Nm></Dbtr></RltdPties>
<RmtInf>${hasReference ? reference : '<Ustrd>Telephone, thank you</Ustrd>'}</RmtInf></TxDtls></NtryDtls></Ntry>`
  }
}

/** Writes a camt.053 file with a statement of each currency. */
function statementOf(entries: readonly Entry[]): string {
  const iban = OPERATOR.branding.bank.iban.replaceAll(' ', '')
  const statements = [...Map.groupBy(entries, ({ currency }) => currency)].map(
    ([currency, own]) => `<Stmt><Acct><Id><IBAN>${iban}</IBAN></Id><Ccy>${currency}</Ccy></Acct>
${own.map(({ xml }) => xml).join('\n')}</Stmt>`
  )
  return `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
${statements.join('\n')}</BkToCstmrStmt></Document>`
}
