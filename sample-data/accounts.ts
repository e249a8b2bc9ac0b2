import { type AccountKind, SUBSCRIPTIONS, type Subscription, USAGES, type Usage } from './catalogue.ts'
import type { Currency } from './currency.ts'
import type { CycleKey, TenantData } from './customers.ts'
import { type Random, randomFrom } from './random.ts'

/** A reference to another system, as in documents. */
export interface Reference {
  readonly id: string
  readonly name: string
  readonly '@referredType': string
}

interface Party extends Reference {
  readonly role: string
}

/** A product of an account. */
export interface Held {
  readonly product: Reference
  readonly subscription: Subscription
  readonly quantity: number
}

export interface Account {
  readonly reference: Reference
  readonly kind: AccountKind
  readonly currency: Currency
  readonly cycle: CycleKey
  readonly billedCycles: number
  readonly parties: readonly [Party, ...Party[]]
  readonly financialAccount: Reference | undefined
  readonly paymentMethod: Reference
  readonly held: readonly [Held, ...Held[]]
  readonly usages: readonly [Usage, ...Usage[]]
  /** People or devices that use it. */
  readonly users: number
}

const CONTACTS = [
  'Katharina Vogt',
  'Daniel Okonkwo',
  'Ingrid Sandberg',
  'Marco Bellini',
  'Fatima Zahrani',
  'Kenji Murayama'
] as const

const PAYMENT_METHODS = [
  ['SEPA direct debit', 'BankAccountDebit'],
  ['Credit card', 'TokenizedCard'],
  ['Bank transfer', 'BankAccountTransfer']
] as const

/** Returns the accounts of a tenant. They exist as references only: another system has their master data. */
export function accountsOf(tenant: TenantData): readonly Account[] {
  return tenant.customers.map(([name, kind, currency, cycle, billedCycles], index) => {
    const number = tenant.firstNumber + index * 7
    const random = randomFrom(`${tenant.id} account ${number}`)
    const held = heldProducts(kind, number, random)
    return {
      reference: { id: `BA-${number}`, name, '@referredType': 'BillingAccount' },
      kind,
      currency,
      cycle,
      billedCycles,
      parties: parties(name, kind, number, random),
      financialAccount: kind === 'household' ? undefined : financialAccount(name, number),
      paymentMethod: paymentMethod(currency, number, random),
      held,
      usages: usages(kind, random),
      users: Math.max(...held.map(({ quantity }) => quantity))
    }
  })
}

function heldProducts(kind: AccountKind, number: number, random: Random): readonly [Held, ...Held[]] {
  const [first, ...others] = SUBSCRIPTIONS[kind]
  const hold = (subscription: Subscription, index: number): Held => ({
    product: { id: `P-${number}-${index + 1}`, name: subscription.name, '@referredType': 'Product' },
    subscription,
    quantity: random.integer(...subscription.quantity)
  })
  const chosen = others.filter(() => random.chance(40)).slice(0, 4)
  return [hold(first, 0), ...chosen.map((subscription, index) => hold(subscription, index + 1))]
}

function usages(kind: AccountKind, random: Random): readonly [Usage, ...Usage[]] {
  const [first, ...others] = USAGES[kind]
  return [first, ...others.filter(() => random.chance(60))]
}

function parties(name: string, kind: AccountKind, number: number, random: Random): readonly [Party, ...Party[]] {
  const isPerson = kind === 'household'
  const customer: Party = {
    id: `C-${number}`,
    name,
    role: 'customer',
    '@referredType': isPerson ? 'Individual' : 'Organization'
  }
  if (isPerson) return [customer]
  const receiver = {
    id: `I-${number}`,
    name: random.pick(CONTACTS),
    role: 'billReceiver',
    '@referredType': 'Individual'
  }
  return [customer, receiver]
}

function financialAccount(name: string, number: number): Reference {
  return { id: `FA-${number}`, name: `Receivables of ${name}`, '@referredType': 'FinancialAccount' }
}

function paymentMethod(currency: Currency, number: number, random: Random): Reference {
  const [, card, transfer] = PAYMENT_METHODS
  const [name, type] = currency === 'EUR' ? random.pick(PAYMENT_METHODS) : random.pick([card, transfer])
  return { id: `PM-${number}`, name, '@referredType': type }
}
