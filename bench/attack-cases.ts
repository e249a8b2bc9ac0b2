import type { LoadRequest } from './loader.ts'

/** Something that a tenant may send, and what it is sent to. */
export interface Attack {
  readonly name: string
  readonly title: string
  /** Makes what the attack needs, once; answers what is sent at the same time. */
  readonly wave: (scene: Scene) => readonly LoadRequest[] | Promise<readonly LoadRequest[]>
}

/** Where an attack takes place: with all rights of the tenant that has the bills. */
export interface Scene {
  readonly databaseUrl: string
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
}

const BILLS = '/customerBillManagement/v4/customerBill'

const gets = (count: number, query: (at: number) => Readonly<Record<string, string>>): readonly LoadRequest[] =>
  Array.from({ length: count }, (_, at) => ({ method: 'GET', path: `${BILLS}?${new URLSearchParams(query(at))}` }))

/** Each inner condition holds for many elements of many bills, and all of them together for none. */
function nested(at: number): string {
  const inner = ['VAT', 'GST'].map((tax) => `@.taxItem[?(@.taxCategory=='${tax}' && @.taxRate>${at})]`)
  return `$[?(${inner.join(' && ')} && @.relatedParty[?(@.role=='customer' && @.name=~/x{1,9}y/)])]`
}

/** All attacks. Each sends again and again what is said, without a pause but one of a second. */
export const attacks: readonly Attack[] = [
  {
    name: 'json-path',
    title: '10 nested JSONPath filters',
    wave: () => gets(10, (at) => ({ filter: nested(at) }))
  },
  {
    name: 'patterns',
    title: '20 patterns (x{1,20}y?){1,12}z',
    wave: () => gets(20, (at) => ({ 'billNo.regex': `(x{1,20}y?){1,12}z${at}` }))
  },
  { name: 'long-lists', title: '50 lists of 1,000', wave: () => gets(50, () => ({ limit: '1000' })) },
  {
    name: 'offsets',
    title: '20 offsets of up to 1,000,000',
    wave: () => gets(20, (at) => ({ offset: String(1_000_000 - at * 1_000), sort: 'billNo' }))
  },
  {
    name: 'exact-counts',
    title: '20 counts with count=exact',
    wave: () => gets(20, () => ({ limit: '1' })).map((each) => ({ ...each, headers: { prefer: 'count=exact' } }))
  }
]
