import {
  error,
  exactKeys,
  exactKeysOfEach,
  expectBody,
  expectThat,
  header,
  headerAbsent,
  headerOf,
  member,
  quote,
  status,
  values
} from '../checks.ts'
import { type Check, type Folder, folder, get, type Item } from '../postman.ts'
import { RATES } from './samples.ts'

const RUN = 'description={{run}}'

export function sorting(): Folder {
  const rows: readonly (readonly [sort: string, ...names: string[]])[] = [
    ['name', 'Alpha', 'Beta', 'Gamma'],
    ['+name', 'Alpha', 'Beta', 'Gamma'],
    ['-name', 'Gamma', 'Beta', 'Alpha'],
    ['-date', 'Gamma', 'Beta', 'Alpha'],
    ['-taxExcludedAmount.value', 'Gamma', 'Beta', 'Alpha'],
    ['type,-name', 'Alpha', 'Gamma', 'Beta'],
    ['-type%2Cname', 'Beta', 'Gamma', 'Alpha'],
    ['type', 'Alpha', 'Beta', 'Gamma'],
    ['product.id', 'Alpha', 'Beta', 'Gamma'],
    ['-product.id', 'Beta', 'Alpha', 'Gamma']
  ]
  return folder('Sorting', 'One and several attributes, both directions, nested ones, missing values last.', [
    ...rows.map(([sort, ...names]) =>
      get(`${RATES}?${RUN}&sort=${sort}`, [status(200), values('name', names)], { name: `sort=${sort}` })
    ),
    get(`${RATES}?sort=nmae`, [error(400, '28', 'nmae')], { name: 'sort by an unknown attribute' })
  ])
}

/** Pages: offset and limit, the counts, the links, following them by cursor. */
export function paging(): Folder {
  const paged = (query: string, names: readonly string[], ...checks: readonly Check[]): Item =>
    page(`${RATES}?${RUN}&sort=name&${query}`, query, names, checks)
  const part = status(206)
  return folder('Paging', 'offset and limit, 206, the counts, Link first, prev, next and last, following next.', [
    paged('', ['Alpha', 'Beta', 'Gamma'], status(200), headerAbsent('Link')),
    paged('offset=0&limit=10', ['Alpha', 'Beta', 'Gamma'], status(200)),
    paged('limit=2', ['Alpha', 'Beta'], part, links('first', 'next', 'last'), noLink('prev'), follow('next')),
    page('{{next}}', 'The next page, by its cursor', ['Gamma'], [part, links('first'), noLink('next')]),
    paged('offset=1&limit=1', ['Beta'], part, links('first', 'prev', 'next', 'last'), follow('prev', 'next', 'last')),
    page('{{prev}}', 'The previous page', ['Alpha'], [part, noLink('prev')]),
    page('{{next}}', 'The next page', ['Gamma'], [part, noLink('next')]),
    page('{{last}}', 'The last page', ['Gamma'], [part, noLink('next')]),
    paged('offset=2', ['Gamma'], part),
    paged('offset=3', [], part),
    paged('limit=0', [], part),
    get(`${RATES}?limit=1`, [part, ...withCounts(1), follow('next')], { name: 'limit=1 in the default order' }),
    get(`${RATES}?limit=1`, [headerAbsent('X-Total-Count-Accuracy')], {
      name: 'Prefer: count=exact',
      headers: { Prefer: 'count=exact' }
    }),
    ...['limit=-1', 'limit=two', 'limit=1.5', 'offset=-1', 'offset=x', 'after=no-cursor'].map((wrong) =>
      get(`${RATES}?${wrong}`, [error(400, '28', wrong.split('=')[0] ?? '')], { name: wrong })
    )
  ])
}

function page(path: string, name: string, names: readonly string[], checks: readonly Check[]): Item {
  const counts = [header('X-Total-Count', 3), header('X-Result-Count', names.length)]
  return get(path, [...checks, values('name', names), ...counts], { name: name === '' ? 'No page asked for' : name })
}

function withCounts(results: number): Check[] {
  return [
    header('X-Result-Count', results),
    expectThat('X-Total-Count is a number', `pm.expect(${headerOf('X-Total-Count')}).to.match(/^[0-9]+$/)`)
  ]
}

const LINK = (relation: string) => `new RegExp('<([^>]+)>; *rel="?${relation}"?').exec(${headerOf('Link')} || '')`

function links(...relations: readonly string[]): Check {
  return relations.flatMap((each) => expectThat(`There is a link to ${each}`, `pm.expect(${LINK(each)}).to.exist`))
}

function noLink(relation: string): Check {
  return expectThat(`There is no link to ${relation}`, `pm.expect(${LINK(relation)}).to.equal(null)`)
}

/** Keeps the links' targets; `next` must lead on by cursor. */
function follow(...relations: readonly string[]): Check {
  return relations.flatMap((each) => [
    ...(each === 'next'
      ? expectThat('next carries a cursor', `pm.expect(${LINK('next')}[1]).to.match(/[?&]after=/)`)
      : []),
    `pm.collectionVariables.set(${quote(each)}, (${LINK(each)} || [])[1])`
  ])
}

export function fields(): Folder {
  const one = (select: string, ...checks: readonly Check[]): Item =>
    get(`${RATES}/{{alpha}}?fields=${select}`, [status(200), ...checks], { name: `One with fields=${select}` })
  const all = (select: string, ...checks: readonly Check[]): Item =>
    get(`${RATES}?${RUN}&fields=${select}`, [status(200), ...checks], { name: `List with fields=${select}` })
  const whole = expectBody(
    'Every attribute is there',
    "pm.expect(body).to.include.keys('id', 'href', 'name', 'isBilled')"
  )
  return folder('Fields', 'First-level and nested selections, none, unknown names; id and href stay.', [
    one('name', exactKeys('id', 'href', 'name'), member('name', 'Alpha')),
    one('name,type', exactKeys('id', 'href', 'name', 'type')),
    one('name%2Ctype', exactKeys('id', 'href', 'name', 'type')),
    one(
      'billingAccount.id',
      exactKeys('id', 'href', 'billingAccount'),
      member('billingAccount', { id: 'ctk-account' })
    ),
    one('characteristic.name', member('characteristic', [{ name: 'zone' }, { name: 'tier' }])),
    one('name,nonsense', exactKeys('id', 'href', 'name')),
    one('none', exactKeys('id', 'href')),
    one('@type', exactKeys('id', 'href', '@type'), member('@type', 'AppliedCustomerBillingRate')),
    one('', whole),
    all('name', exactKeysOfEach('id', 'href', 'name'), values('name', ['Alpha', 'Beta', 'Gamma'])),
    all('none', exactKeysOfEach('id', 'href')),
    all('billingAccount.id', exactKeysOfEach('id', 'href', 'billingAccount')),
    all('type&name=Beta&sort=date', exactKeysOfEach('id', 'href', 'type'))
  ])
}
