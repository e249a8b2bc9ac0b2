import { get, post } from './api.ts'
import { INES, JONAS, type Prepaid, type Subscriber, taxProfileOf } from './cast.ts'
import { expectSame } from './expectation.ts'
import { COUNTRIES } from './names.ts'
import { forAll, type Scene } from './stage.ts'

const NET_TERM_DAYS = 14

interface Account {
  readonly id: string
  readonly invoiceCurrency: string
  readonly taxProfile: { readonly rates: readonly { readonly taxCategory: string; readonly taxRate: number }[] }
  readonly aliases?: readonly { readonly alias: string }[]
  readonly creditLimit?: { readonly value: number }
}

/** The chapter of new customers and their accounts. */
export async function takeOn(scene: Scene, specificationId: string): Promise<void> {
  const { api, narrator, cast } = scene
  const { lotte, haruka, noor, all } = cast
  const prepaid = [INES, JONAS]
  narrator.chapter('Customers and accounts')
  narrator.say('Postpaid accounts in euros, yen and dinars, each with the tax of its country.')
  const shown = [lotte, haruka, noor]
  await api.show<{ name: string }>(post('/customers', customerOf(lotte)), ({ body: { name } }) => name)
  await forAll(customersBesides([...all, ...prepaid], lotte), (one) => api.ask(post('/customers', customerOf(one))))
  for (const one of shown) await api.show<Account>(post('/accounts', postpaid(one, specificationId)), summary)
  const others = all.filter((one) => !shown.includes(one))
  await forAll(others, (one) => api.ask(post('/accounts', postpaid(one, specificationId))))
  narrator.request(`POST /accounts (${others.length.toLocaleString('en')} times)`)
  narrator.answer('201  more like these')
  narrator.say('Two accounts are prepaid, and found by telephone numbers. One may be overdrawn a little.')
  for (const one of prepaid) await api.show<Account>(post('/accounts', prepaidAccount(one)), summary)
  for (const { id, alias } of prepaid) {
    const found = await api.show<Account>(get(`/accounts/${encodeURIComponent(alias)}`), ({ body }) => body.id)
    expectSame('the account of this number', found.body.id, id)
  }
  const listed = await api.ask(get('/accounts?limit=1'))
  expectSame('the number of accounts', Number(listed.headers.get('x-total-count')), all.length + prepaid.length)
}

type Owner = Pick<Subscriber, 'customer' | 'currency'>

/** Each customer once. */
function customersBesides(owners: readonly Owner[], known: Owner): readonly Owner[] {
  const byId = new Map(owners.map((owner) => [owner.customer.id, owner]))
  byId.delete(known.customer.id)
  return [...byId.values()]
}

function customerOf({ customer, currency }: Owner) {
  return { ...customer, address: COUNTRIES[currency].address }
}

function accountOf({ id, name, customer, currency }: Omit<Subscriber, 'lines'>) {
  return {
    id,
    name,
    customerId: customer.id,
    invoiceCurrency: currency,
    taxProfile: taxProfileOf(currency)
  }
}

function postpaid(subscriber: Subscriber, specificationId: string) {
  const { address } = COUNTRIES[subscriber.currency]
  const following = { netTermDays: NET_TERM_DAYS, billCycleSpecification: { id: specificationId }, address }
  return { ...accountOf(subscriber), ...following }
}

function prepaidAccount(one: Prepaid) {
  const creditLimit = one.creditLimit && { creditLimit: one.creditLimit }
  return { ...accountOf(one), billingType: 'prepaid', aliases: [one.alias], ...creditLimit }
}

function summary({ body }: { readonly body: Account }): string {
  const { id, invoiceCurrency, taxProfile, aliases = [], creditLimit } = body
  const taxes = taxProfile.rates.map(({ taxCategory, taxRate }) => `${taxCategory} ${taxRate}`)
  const names = aliases.map(({ alias }) => `found as ${alias}`)
  const limit = creditLimit ? [`credit limit ${creditLimit.value}`] : []
  return [`${id} in ${invoiceCurrency}`, ...taxes, ...names, ...limit].join(', ')
}
