import type { Answer } from './answer.ts'
import type { TestServer } from './server.ts'

/** A postable body and a changing patch for each resource. */
export const SAMPLES: Readonly<Record<string, { body: object; patch: object }>> = {
  customerBill: { body: { billingAccount: { id: 'A1' } }, patch: { state: 'validated' } },
  customerBillOnDemand: { body: { billingAccount: { id: 'A1' } }, patch: { name: 'Final bill' } },
  appliedCustomerBillingRate: { body: { billingAccount: { id: 'A1' }, name: 'Fibre' }, patch: { name: 'Fibre 100' } },
  billCycle: { body: { name: 'March' }, patch: { name: 'April' } },
  billCycleSpecification: { body: { name: 'Monthly' }, patch: { name: 'Monthly, 15th' } },
  hub: {
    body: {
      get callback() {
        return newCallback()
      }
    },
    patch: { state: 'paused' }
  }
}
let callbacks = 0

/** Returns an address on this machine that nobody has subscribed. */
export function newCallback(): string {
  return `http://127.0.0.1/${callbacks++}`
}

/** The resources that may be posted twice alike. */
export const PATHS = Object.keys(SAMPLES).filter((path) => path !== 'hub')

export async function post(server: TestServer, path: string, more: object = {}): Promise<Answer> {
  const reply = await server.call('POST', path, { ...SAMPLES[path]?.body, ...more })
  if (reply.status !== 201) throw new Error(`POST ${path}: ${reply.text}`)
  return reply.body
}

/** Posts 25 bills B-00 to B-24 over five days, each with two tax items, and returns their ids in order. */
export async function postNumberedBills(server: TestServer): Promise<readonly string[]> {
  const ids: string[] = []
  for (let at = 0; at < 25; at++) {
    const bill = await post(server, 'customerBill', {
      billNo: `B-${String(at).padStart(2, '0')}`,
      billDate: `2026-01-${String(1 + (at % 5)).padStart(2, '0')}T10:00:00Z`,
      taxItem: [
        { taxCategory: at % 2 ? 'odd' : 'even', taxRate: at, taxAmount: { unit: 'EUR', value: at } },
        { taxCategory: 'all', taxRate: -1, taxAmount: { unit: 'EUR', value: 0 } }
      ]
    })
    ids.push(bill.id)
  }
  return ids
}
