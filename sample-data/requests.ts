import type { Account } from './accounts.ts'
import type { Bill } from './bills.ts'
import { AS_OF, DAY, instant, SECOND } from './calendar.ts'
import type { TenantData } from './customers.ts'
import type { Draft } from './draft.ts'
import { REQUEST_LEAD } from './plans.ts'
import { idSequence, type Random, randomFrom } from './random.ts'

type OpenState = keyof TenantData['openRequests']
type Pending = Omit<Draft, 'id'>

const REASONS: Readonly<Record<OpenState, string>> = {
  rejected: 'There was nothing to bill on this account',
  terminatedWithError: 'The rating of roaming data did not answer; please ask again'
}

/** Returns requests for a bill: those that made bills outside the cycles, and those that made none. */
export function requestsOf(tenant: TenantData, accounts: readonly Account[], bills: readonly Bill[]): readonly Draft[] {
  const random = randomFrom(`${tenant.id} requests`)
  const done = bills.filter(({ plan }) => plan.kind === 'interim').map(doneRequest)
  const open = Object.entries(tenant.openRequests).flatMap(([state, count]) =>
    Array.from({ length: count }, () => openRequest(state as OpenState, accounts, random))
  )
  const newId = idSequence(`${tenant.id} request`)
  return [...done, ...open]
    .sort((a, b) => a.createdAt - b.createdAt)
    .map((request) => ({ ...request, id: newId(request.createdAt) }))
}

function doneRequest({ plan: { account, createdAt }, draft }: Bill): Pending {
  const document = {
    name: `Interim bill for ${account.reference.name}`,
    description: 'Customer asks for an interim bill',
    lastUpdate: instant(createdAt + SECOND),
    billingAccount: account.reference,
    relatedParty: account.parties[0],
    customerBill: { id: draft.id }
  }
  return { createdAt: createdAt - REQUEST_LEAD, document, path: ['inProgress', 'done'] }
}

function openRequest(state: OpenState, accounts: readonly Account[], random: Random): Pending {
  const account = accounts[random.integer(0, accounts.length - 1)] as Account
  const createdAt = AS_OF - random.integer(3, 150) * DAY - random.integer(1, 3_000)
  const document = {
    name: `Bill now for ${account.reference.name}`,
    description: REASONS[state],
    lastUpdate: instant(createdAt + 2 * SECOND),
    // Some name an account, some a party whose account the server finds.
    ...(random.chance(70) ? { billingAccount: account.reference } : { relatedParty: account.parties[0] })
  }
  return { createdAt, document, path: ['inProgress', state] }
}
