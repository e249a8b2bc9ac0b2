import { addAccount, addBill, MARK, type Scene } from './attack-data.ts'
import { TENANT } from './database.ts'
import type { LoadRequest } from './loader.ts'
import { plainLogo } from './logos.ts'

/** Requests of a hostile tenant, and their targets. */
export interface Attack {
  readonly name: string
  readonly title: string
  /** Prepares the attack once. Returns the requests of one wave. */
  readonly wave: (scene: Scene) => readonly LoadRequest[] | Promise<readonly LoadRequest[]>
}

const BILLS = '/customerBillManagement/v4/customerBill'

const gets = (count: number, query: (at: number) => Readonly<Record<string, string>>): readonly LoadRequest[] =>
  Array.from({ length: count }, (_, at) => ({ method: 'GET', path: `${BILLS}?${new URLSearchParams(query(at))}` }))

/** The most lines that a PDF lists. */
const ITEMISED_MAX = 10_000
/** The most rates that a preview takes. */
const PREVIEWED_MAX = 100_000
/** More than a server caches. */
const LOGOS = 60

const sends = (method: 'PATCH' | 'POST', path: string, bodies: readonly object[]): readonly LoadRequest[] =>
  bodies.map((body) => ({
    ...{ method, path, body: JSON.stringify(body) },
    headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }
  }))

async function pdfs(scene: Scene, lines: number): Promise<readonly LoadRequest[]> {
  const path = await addBill(scene, lines)
  return Array(6).fill({ method: 'GET', path, headers: { accept: 'application/pdf' } })
}

async function previews(scene: Scene, rates: number): Promise<readonly LoadRequest[]> {
  const billingAccount = { id: await addAccount(scene, rates) }
  return sends('POST', '/billing/v1/preview', Array(10).fill({ billingAccount }))
}

function logoPatches(logos: readonly string[]): readonly LoadRequest[] {
  return sends(
    'PATCH',
    `/admin/v1/tenant/${TENANT}`,
    logos.map((logo) => ({ branding: { logo } }))
  )
}

/** Repeated, they conflict only after their passwords are hashed. */
function userCreations(count: number): readonly LoadRequest[] {
  const users = Array.from({ length: count }, (_, at) => ({
    ...{ username: `${MARK}${at}`, scope: ['bill:read'] },
    password: `a long enough password ${at}`
  }))
  return sends('POST', '/admin/v1/user', users)
}

/** Each inner condition matches many elements of many bills; together they match none. */
function nested(at: number): string {
  const inner = ['VAT', 'GST'].map((tax) => `@.taxItem[?(@.taxCategory=='${tax}' && @.taxRate>${at})]`)
  return `$[?(${inner.join(' && ')} && @.relatedParty[?(@.role=='customer' && @.name=~/x{1,9}y/)])]`
}

/** All attacks. Each repeats its requests, at most one wave a second. */
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
  },
  {
    name: 'large-pdfs',
    title: '6 PDFs of a large bill',
    wave: (scene) => pdfs(scene, scene.lines)
  },
  {
    name: 'itemised-pdfs',
    title: '6 PDFs of as many lines as are shown',
    wave: (scene) => pdfs(scene, Math.min(scene.lines, ITEMISED_MAX))
  },
  {
    name: 'too-large-previews',
    title: '10 previews of too many rates',
    wave: (scene) => previews(scene, scene.lines)
  },
  {
    name: 'large-previews',
    title: '10 previews of as many rates as are taken',
    wave: (scene) => previews(scene, Math.min(scene.lines, PREVIEWED_MAX))
  },
  {
    name: 'thin-logo',
    title: 'a logo of 1 x 999,000 pixels',
    wave: () => logoPatches([plainLogo(1, 999_000, 0)])
  },
  {
    name: 'logos',
    title: `${LOGOS} logos of 250 x 4,000 pixels`,
    wave: () => logoPatches(Array.from({ length: LOGOS }, (_, at) => plainLogo(250, 4_000, at)))
  },
  {
    name: 'users',
    title: '40 creations of users',
    wave: () => userCreations(40)
  }
]
