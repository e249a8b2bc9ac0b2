import type { BillRun } from '../src/billing/runs/list.ts'
import { hasEnded, progressOn, reportRun } from '../src/cli/bill-run-report.ts'
import type { Named } from './answers.ts'
import { get, post } from './api.ts'
import { type Money, moneyText, type Sums, sumsOf, sumsText } from './arithmetic.ts'
import { duesOf, type Subscriber } from './cast.ts'
import { ASTRAY } from './charges.ts'
import { expectLike, expectSame } from './expectation.ts'
import { looks } from './patience.ts'
import type { Scene } from './stage.ts'

/** The chapter of the dry run. Returns its id. */
export async function runDry(scene: Scene, cycleId: string): Promise<string> {
  const { api, narrator, cast } = scene
  narrator.chapter('A dry run')
  narrator.say('All accounts are billed as the run will bill them, and nothing is stored but this report.')
  const run = await startRun(scene, { billCycle: { id: cycleId }, dryRun: true })
  expectOutcome(scene, run, [cast.tom])
  narrator.remark(`${run.billed.toLocaleString('en')} bills, ${sumsText(sumsOf(run.amount))}`)
  const bills = await api.show<string>(
    get(`/billing/v1/billRun/${run.id}/bills`, { Accept: 'text/csv' }),
    ({ body }) => `a table of ${(body.trimEnd().split('\r\n').length - 1).toLocaleString('en')} bills`
  )
  expectSame('the lines of the table', bills.body.trimEnd().split('\r\n').length, run.billed + 1)
  const { headers } = await api.show(get('/customerBill?limit=1'), (reply) => `${totalOf(reply)} bills`)
  expectSame('the number of bills', totalOf({ headers }), 0)
  return run.id
}

/** The chapter of the run, and of one account mended after it was parked. */
export async function runCycle(scene: Scene, cycleId: string): Promise<BillRun> {
  const { api, narrator, cast } = scene
  narrator.chapter('The run')
  narrator.say('The cycle is run. Workers bill its accounts in chunks, each in one transaction.')
  const run = await startRun(scene, { billCycle: { id: cycleId } })
  narrator.show(reportRun(run).text)
  expectOutcome(scene, run, [cast.tom])
  narrator.say(
    `${cast.tom.name} is parked, for a charge from abroad is in dollars. It is put right, and he is retried.`
  )
  await mend(scene)
  const path = `/billing/v1/billRun/${run.id}/retry`
  await api.show<BillRun>(post(path, undefined, 202), ({ body: { state } }) => state)
  const retried = await followed(scene, run.id)
  expectOutcome(scene, retried, [])
  const { eligible, billed, skipped } = retried
  narrator.remark(`billed ${billed} + skipped ${skipped[0]?.count} + parked 0 = eligible ${eligible}`)
  narrator.say('A cycle that was run to its end is closed.')
  const again = post('/billing/v1/billRun', { billCycle: { id: cycleId } }, 409)
  await api.show<{ message: string }>(again, ({ body: { message } }) => message)
  return retried
}

async function startRun(scene: Scene, start: { billCycle: Named; dryRun?: boolean }): Promise<BillRun> {
  const { body } = await scene.api.show<BillRun>(
    post('/billing/v1/billRun', start, 202),
    ({ body: { state } }) => state
  )
  return followed(scene, body.id)
}

/** Shows the progress of a run until its end. */
async function followed({ api, narrator, signal }: Scene, id: string): Promise<BillRun> {
  const progress = progressOn(narrator.screen)
  try {
    for await (const _ of looks('the run', signal)) {
      const { body: run } = await api.ask<BillRun>(get(`/billing/v1/billRun/${id}`))
      progress.show(run)
      if (hasEnded(run)) return run
    }
    throw new Error('looks do not end')
  } finally {
    progress.end()
  }
}

async function mend({ api, cast }: Scene): Promise<void> {
  const { sent, charge } = ASTRAY
  const meant = { unit: cast.tom.currency, value: charge.amount.toNumber() }
  const externalId = encodeURIComponent(charge.externalId)
  const path = `/appliedCustomerBillingRate?externalId=${externalId}&fields=taxExcludedAmount`
  const { body } = await api.show<readonly Rate[]>(get(path), (reply) => amountOf(reply.body[0]))
  expectSame('the amount of this rate', amountOf(body[0]), moneyText(sent))
  const patch = { taxExcludedAmount: meant }
  const rate = {
    method: 'PATCH',
    path: `/appliedCustomerBillingRate/${body[0]?.id}`,
    body: patch,
    status: 200
  } as const
  const mended = await api.show<Rate>(rate, (reply) => amountOf(reply.body))
  expectSame('its amount now', amountOf(mended.body), moneyText(meant))
}

type Rate = Named & { readonly taxExcludedAmount: Money }

function amountOf(rate: Rate | undefined): string {
  return rate ? moneyText(rate.taxExcludedAmount) : 'nothing'
}

/** Expects every account, and the amounts of its rates. */
function expectOutcome({ cast }: Scene, run: BillRun, parked: readonly Subscriber[]): void {
  const { all, quiet } = cast
  const billed = all.filter((one) => !quiet.includes(one) && !parked.includes(one))
  expectSame('the state of the run', run.state, 'done')
  expectSame('the eligible accounts', run.eligible, all.length)
  expectSame('the accounts that are billed', run.billed, billed.length)
  expectSame('those that are skipped', run.skipped, [{ reason: 'nothingToBill', count: quiet.length }])
  const parkedIds = run.parked.map(({ billingAccount }) => billingAccount.id)
  expectSame(
    'those that are parked',
    parkedIds,
    parked.map(({ id }) => id)
  )
  for (const { reason } of run.parked) expectLike('the reason', reason, /^The rate \w+ is in USD, the account in EUR$/)
  expectSame('the amounts of the run', entriesOf(sumsOf(run.amount)), entriesOf(duesOf(billed)))
}

function entriesOf(sums: Sums): readonly (readonly [string, string])[] {
  return [...sums].map(([unit, value]) => [unit, value.toFixed()])
}

function totalOf({ headers }: { readonly headers: Headers }): number {
  return Number(headers.get('x-total-count'))
}
