import { isDeepStrictEqual } from 'node:util'
import { alignColumns } from '../src/cli/table.ts'
import type { Bill, Named, Payment } from './answers.ts'
import { get } from './api.ts'
import { allOf } from './books.ts'
import { expectSame } from './expectation.ts'
import { looks } from './patience.ts'
import type { Receiver, Told } from './receiver.ts'
import { LARGE } from './release.ts'
import type { Scene } from './stage.ts'

/** The run that was retried was queued, began and ended once more. */
const RETRIED = 3
/** Jonas: what his credit limit paid is paid by his top-up then. */
const REPLACED = 1

/** An import runs, and is done. */
const UPLOAD_STATES = 2

/** The chapter of the events that the subscriber got. */
export async function readEvents(scene: Scene, receiver: Receiver, listenerId: string): Promise<void> {
  const { api, narrator, signal } = scene
  narrator.chapter('Events')
  narrator.say('The subscriber got all of it, each time the whole resource as it was then:')
  const bills = await allOf<Bill>(scene, '/customerBill?')
  const expected = await expectedOf(scene, bills)
  const total = [...expected.values()].reduce((sum, count) => sum + count)
  for await (const _ of looks('the delivery of the events', signal)) if (receiver.events.length >= total) break
  const { events } = receiver
  const counts = countsOf(events)
  narrator.show(alignColumns([...counts].map(([type, count]) => [type, count.toLocaleString('en')])))
  expectSame('the number of events of each type', [...counts], [...expected].sort())
  expectSame('the posts with a wrong signature', receiver.refused(), 0)
  expectOrder(events)
  expectLatest(events, bills)
  narrator.remark(
    'as many as the month has bills, payments and changes; every signature is right, the events of each resource ' +
      `came in its order, and the last one of each of the ${bills.length.toLocaleString('en')} bills is the bill now`
  )
  await lookUp(scene, events)
  narrator.say('The subscriber unsubscribes.')
  await api.show({ method: 'DELETE', path: `/hub/${listenerId}`, status: 204 }, () => 'no more events')
  await api.show<{ message: string }>({ ...get(`/hub/${listenerId}`), status: 404 }, ({ body: { message } }) => message)
}

function countsOf(events: readonly Told[]): ReadonlyMap<string, number> {
  const byType = Map.groupBy(events, ({ eventType }) => eventType)
  return new Map([...byType].map(([type, of]) => [type, of.length] as const).sort())
}

/** Computes how many events of each type there are, from the resources as the API lists them. */
async function expectedOf(scene: Scene, bills: readonly Bill[]): Promise<ReadonlyMap<string, number>> {
  const { api } = scene
  const countOf = async (path: string) => Number((await api.ask(get(path))).headers.get('x-total-count'))
  const payments = await allOf<Payment>(scene, '/billing/v1/payment?')
  const reversed = payments.filter(({ reversedAt }) => reversedAt !== undefined).length
  const allocations = payments.flatMap((payment) => payment.allocations).length
  const imports = await countOf('/billing/v1/paymentImport?limit=1')
  const assigned = await countOf('/billing/v1/unmatchedPayment?state=assigned&limit=1')
  const demands = await countOf('/customerBillOnDemand?limit=1')
  const runs = await countOf('/billing/v1/billRun?limit=1')
  const sent = await countOf('/customerBill?runType=onCycle&limit=1')
  const validated = await countOf(
    `/customerBill?runType=onCycle&amountDue.unit=EUR&amountDue.value.gte=${LARGE}&limit=1`
  )
  return new Map([
    ['BillCycleCreateEvent', await countOf('/billCycle?limit=1')],
    ['BillRunCreateEvent', runs],
    ['BillRunStateChangeEvent', 2 * runs + RETRIED],
    ['CustomerBillAttributeValueChangeEvent', REPLACED],
    ['CustomerBillCreateEvent', bills.length],
    ['CustomerBillOnDemandCreateEvent', demands],
    ['CustomerBillOnDemandStateChangeEvent', demands],
    // A reversed payment has changed its bill twice.
    ['CustomerBillStateChangeEvent', validated + sent + allocations + 2 * reversed],
    ['PaymentCreateEvent', payments.length],
    ['PaymentReversedEvent', reversed],
    ['UnmatchedPaymentCreateEvent', assigned],
    ['UnmatchedPaymentStateChangeEvent', assigned],
    ['UploadCreateEvent', imports],
    ['UploadStateChangeEvent', imports * UPLOAD_STATES]
  ])
}

/** Expects the events of a resource in the order of its versions. */
function expectOrder(events: readonly Told[]): void {
  for (const [id, own] of Map.groupBy(events, (told) => resourceOf(told).id)) {
    const versions = own.map(({ resourceVersion }) => resourceVersion)
    expectSame(
      `the order of the events of ${id}`,
      versions,
      versions.toSorted((one, other) => one - other)
    )
  }
}

/** Expects the last event of each bill to be the bill as the API returns it. */
function expectLatest(events: readonly Told[], bills: readonly Bill[]): void {
  const latest = new Map(events.map((told) => [resourceOf(told).id, resourceOf(told)]))
  const differing = bills.filter((bill) => !isDeepStrictEqual(latest.get(bill.id), bill))
  expectSame('the bills that differ from their last events', differing, [])
}

function resourceOf({ event }: Told): Named {
  return Object.values(event)[0] as Named
}

/** Finds an event in the list of all. */
async function lookUp({ api, narrator }: Scene, events: readonly Told[]): Promise<void> {
  narrator.say('Who has not subscribed can look an event up, by what is in it.')
  const path = '/events?eventType=PaymentReversedEvent&event.payment.amount.unit=JPY'
  const { body } = await api.show<readonly Told[]>(get(path), ({ body: found }) =>
    found.map(({ eventType, resourceVersion }) => `${eventType}, version ${resourceVersion} of its payment`).join(', ')
  )
  const told = events.filter(({ eventType }) => eventType === 'PaymentReversedEvent')
  expectSame('the event that is found', body, told)
}
