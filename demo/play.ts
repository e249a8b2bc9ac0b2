import { runCycle, runDry } from './bill-run.ts'
import { closeBooks } from './books.ts'
import { lastMonth } from './calendar.ts'
import { castOf } from './cast.ts'
import { openCycles } from './cycle.ts'
import { writeDocuments } from './documents.ts'
import { readEvents } from './events.ts'
import { takeLegacyMonth } from './legacy.ts'
import { OPERATOR } from './names.ts'
import { billOnDemand } from './on-demand.ts'
import { openBusiness } from './operator.ts'
import { billOf, takePayments } from './payments.ts'
import { billPrepaid } from './prepaid.ts'
import { previewOne } from './preview.ts'
import { sendRates } from './rates.ts'
import { openReceiver } from './receiver.ts'
import { sendBills } from './release.ts'
import { fundCustomers } from './reseller.ts'
import { shadowRun } from './shadow.ts'
import type { Scene, Stage } from './stage.ts'
import { readStatements } from './statements.ts'
import { takeOn } from './subscribers.ts'
import { subscribe } from './subscription.ts'
import { correctBill } from './wrong-bill.ts'

/**
 * Plays a provider's last full month through the public API and prints it. Checks everything it prints; throws
 * Unexpected at the first failure.
 */
export async function playMonth(stage: Stage): Promise<void> {
  const startedAt = performance.now()
  const month = lastMonth(stage.commands.clock(), OPERATOR.timeZone)
  const cast = castOf(stage.accounts)
  await using receiver = await openReceiver()
  const scene: Scene = { ...stage, api: await openBusiness(stage), month, cast }
  const listenerId = await subscribe(scene, receiver)
  const { specificationId, cycleId } = await openCycles(scene)
  await takeOn(scene, specificationId)
  await sendRates(scene)
  await previewOne(scene)
  const dryRunId = await runDry(scene, cycleId)
  const { id, billed } = await runCycle(scene, cycleId)
  const bills = await sendBills(scene, id)
  await takePayments(scene, bills)
  const further = (await billOnDemand(scene)) + (await billPrepaid(scene))
  await fundCustomers(scene)
  await readStatements(scene)
  await writeDocuments(scene, cast.lotte, billOf(bills, cast.lotte))
  const totals = await closeBooks(scene, billed + further)
  await readEvents(scene, receiver, listenerId)
  const corrected = await correctBill(scene, billOf(bills, cast.mika))
  await shadowRun(scene, cycleId, dryRunId, billOf(bills, cast.lotte))
  await takeLegacyMonth(scene)
  const issued = totals.bills + corrected
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10
  stage.narrator.say(
    `So ended ${month.name}: ${issued} bills and ${totals.payments} payments, played and checked in ${seconds} s.`
  )
}
