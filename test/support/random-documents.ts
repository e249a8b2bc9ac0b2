import fc from 'fast-check'
import { expect } from 'vitest'
import type { Document, Resource } from '../../src/tmf/declaration/resource.ts'
import { documentOf } from './arbitrary.ts'
import { newCallback } from './samples.ts'
import type { TestServer } from './server.ts'

const DOCUMENTS = 60
const SEED = 678

/** Attributes that each resource needs beyond its shape, and those left out because they depend on others. */
const CASES: Readonly<Record<string, { fixed: Document; without: readonly string[] }>> = {
  customerBill: {
    fixed: { state: 'new', billingAccount: { id: 'A1' } },
    without: ['billCycle', 'remainingAmount', 'holdReason']
  },
  customerBillOnDemand: { fixed: { state: 'inProgress', billingAccount: { id: 'A1' } }, without: ['customerBill'] },
  appliedCustomerBillingRate: { fixed: { isBilled: false, billingAccount: { id: 'A1' } }, without: ['bill'] },
  billCycle: { fixed: {}, without: ['BillCycleSpecification'] },
  hub: {
    fixed: {
      get callback() {
        return newCallback()
      }
    },
    without: ['query', 'headers', 'from', 'state']
  },
  billCycleSpecification: { fixed: {}, without: ['frequency', 'billingPeriod'] }
}

/** Posts random documents of a resource, and returns them as they are stored. */
export async function postRandom(server: TestServer, resource: Resource): Promise<Document[]> {
  const { fixed, without } = CASES[resource.path] as (typeof CASES)[string]
  const readOnly = [...resource.attributes].filter(([, attribute]) => attribute.readOnly).map(([name]) => name)
  const shapes = documentOf(resource.shape, [...without, ...readOnly])
  const unique = Object.values(resource.unique ?? {})
  for (const [at, document] of fc.sample(shapes, { numRuns: DOCUMENTS, seed: SEED }).entries()) {
    const own = unique.filter((name) => name in document).map((name) => [name, `${at}:${document[name]}`])
    const body = { ...document, ...Object.fromEntries(own), ...fixed }
    const created = await server.call('POST', resource.path, body)
    expect(created.status, created.text).toBe(201)
  }
  return asStored((await server.call('GET', `${resource.path}?limit=1000`)).text)
}

/** Removes addresses that are written on reading, which no filter sees. */
function asStored(text: string): Document[] {
  const isOurs = (name: string, value: unknown) => name === 'url' && String(value).includes('/document/')
  return JSON.parse(text, (name, value) => (isOurs(name, value) ? undefined : value))
}
