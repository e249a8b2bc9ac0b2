import type { Bill, Named } from './answers.ts'
import { get, post } from './api.ts'
import { type Money, moneyText } from './arithmetic.ts'
import { dueOf, type Subscriber } from './cast.ts'
import { expectSame } from './expectation.ts'
import { looks } from './patience.ts'
import { forAll, runCommand, type Scene } from './stage.ts'

const COMPARISON = '/billing/v1/comparison'
const CENT = '0.01'

interface Comparison extends Named {
  readonly state: string
  readonly equal: number
  readonly differs: number
}

interface Account {
  readonly billingAccount: Named
  readonly reasons: readonly string[]
  readonly difference: Money
}

/** The chapter of the old biller, whose bills of the month are compared with those of the dry run. */
export async function shadowRun(scene: Scene, cycleId: string, dryRunId: string, due: Bill): Promise<void> {
  const { api, narrator, cast } = scene
  const { mika } = cast
  narrator.chapter('A shadow run')
  narrator.say(
    `Was the dry run right? The bills of the old biller are posted, as drafts that nobody pays. It has rounded the ` +
      `tax of ${mika.name} down by a cent.`
  )
  const billed = cast.all.filter((one) => !cast.quiet.includes(one) && one.id !== cast.tom.id)
  const ids = await forAll(billed, async (one) => {
    const { body } = await api.ask<Named>(post('/customerBill', legacyBill(one, one.id === mika.id, cycleId, due)))
    return body.id
  })
  const wanted = { billCycle: { id: cycleId }, billRun: { id: dryRunId } }
  const { body } = await api.show<Comparison>(post(COMPARISON, wanted, 202), (reply) => reply.body.state)
  const found = await compared(scene, body.id)
  narrator.remark(`${found.equal} accounts are equal, ${found.differs} differs`)
  expectSame('the accounts that are equal', found.equal, billed.length - 1)
  const { body: accounts } = await api.show<readonly Account[]>(
    get(`${COMPARISON}/${found.id}/accounts?status=differs`),
    (reply) => reply.body.map(textOf).join('; ')
  )
  expectSame('what differs', accounts.map(textOf), [`${mika.id} in amount, tax by ${CENT} EUR`])
  narrator.say('Within a cent all are equal.')
  const limits = ['--cycle', cycleId, '--run', dryRunId, '--tolerance', `EUR=${CENT}`]
  narrator.show(await runCommand(scene, ['compare', '--tenant', 'seewind', ...limits]))
  await forAll(ids, (id) => api.ask({ method: 'DELETE', path: `/customerBill/${id}`, status: 204 }))
  narrator.remark(`the ${ids.length} drafts are deleted; the comparisons stay`)
}

/** Returns the bill as the old biller posted it, by a cent lower if it is the wrong one. */
function legacyBill(one: Subscriber, isWrong: boolean, cycleId: string, { paymentDueDate }: Bill): object {
  const { taxExcluded, taxIncluded } = dueOf(one)
  const amount = { unit: one.currency, value: taxIncluded.minus(isWrong ? CENT : 0).toNumber() }
  return {
    state: 'new',
    billingAccount: { id: one.id },
    billCycle: { id: cycleId },
    paymentDueDate,
    taxExcludedAmount: { unit: one.currency, value: taxExcluded.toNumber() },
    taxIncludedAmount: amount,
    amountDue: amount
  }
}

async function compared({ api, signal }: Scene, id: string): Promise<Comparison> {
  for await (const _ of looks('the comparison', signal)) {
    const { body } = await api.ask<Comparison>(get(`${COMPARISON}/${id}`))
    if (body.state !== 'queued' && body.state !== 'running') return body
  }
  throw new Error('looks do not end')
}

function textOf({ billingAccount, reasons, difference }: Account): string {
  return `${billingAccount.id} in ${reasons.join(', ')} by ${moneyText(difference)}`
}
