import { error, header, query, status, values } from '../checks.ts'
import { type Folder, folder, get, type Item } from '../postman.ts'
import { RATES } from './samples.ts'

/** Attribute filters: each row is a query and the rates of the run it finds, oldest first. */
export function filters(): Folder {
  const { operators, combinations, dates, details } = finds
  return folder('Filters', 'Attribute filters: both spellings of every operator, AND, OR, nested attributes, lists.', [
    folder('Operators', '', operators.map(asRequest)),
    folder('AND and OR', '', combinations.map(asRequest)),
    folder('Dates', '', dates.map(asRequest)),
    folder('Nested attributes, lists and quotes', '', details.map(asRequest)),
    folder('Refused', '', refused())
  ])
}

type Row = readonly [query: string, ...names: string[]]

const RUN = 'description={{run}}'
const AMOUNT = 'taxExcludedAmount.value'

const finds: Readonly<Record<'operators' | 'combinations' | 'dates' | 'details', readonly Row[]>> = {
  operators: [
    ['name=Alpha', 'Alpha'],
    ['name.eq=Alpha', 'Alpha'],
    ['name==Alpha', 'Alpha'],
    ['name%3D%3DAlpha', 'Alpha'],
    ['name.ne=Alpha', 'Beta', 'Gamma'],
    ['name!=Alpha', 'Beta', 'Gamma'],
    ['name%21%3DAlpha', 'Beta', 'Gamma'],
    [`${AMOUNT}.gt=20.5`, 'Gamma'],
    [`${AMOUNT}%3E20.5`, 'Gamma'],
    [`${AMOUNT}.gte=20.5`, 'Beta', 'Gamma'],
    [`${AMOUNT}>=20.5`, 'Beta', 'Gamma'],
    [`${AMOUNT}%3E%3D20.5`, 'Beta', 'Gamma'],
    [`${AMOUNT}.lt=20.5`, 'Alpha'],
    [`${AMOUNT}%3C20.5`, 'Alpha'],
    [`${AMOUNT}.lte=20.5`, 'Alpha', 'Beta'],
    [`${AMOUNT}<=20.5`, 'Alpha', 'Beta'],
    [`${AMOUNT}%3C%3D20.5`, 'Alpha', 'Beta'],
    ['name.regex=%5E%5BAB%5D', 'Alpha', 'Beta'],
    ['name*=%5EG', 'Gamma'],
    ['name%3D~amm', 'Gamma'],
    ['name.regex=%5Eal']
  ],
  combinations: [
    ['name=Alpha,Gamma', 'Alpha', 'Gamma'],
    ['name=Alpha&name=Beta', 'Alpha', 'Beta'],
    ['name=Alpha;Beta', 'Alpha', 'Beta'],
    ['name.ne=Alpha,Beta', 'Gamma'],
    [`${AMOUNT}.gt=10.5&${AMOUNT}.lt=30.5`, 'Beta'],
    ['name=Beta&type=appliedBillingCharge'],
    [`name=Alpha;${RUN}&name=Gamma`, 'Alpha', 'Gamma'],
    [`name=Alpha&isBilled=true;${RUN}&name=Beta`, 'Beta'],
    [`name%3DAlpha;${RUN}&${AMOUNT}%3E30`, 'Alpha', 'Gamma']
  ],
  dates: [
    ['date=2026-02-10T10:00:00.000Z', 'Beta'],
    ['date=2026-02-10T11:00:00%2B01:00', 'Beta'],
    ['date=2026-02-10T11:00:00+01:00', 'Beta'],
    ['date="2026-02-10T10:00:00.000Z"', 'Beta'],
    ['date=2026-02-10', 'Beta'],
    ['date.gt=2026-02-10', 'Gamma'],
    ['date.gte=2026-02-10', 'Beta', 'Gamma'],
    ['date.lt=2026-02-10', 'Alpha'],
    ['date.lte=2026-02-10', 'Alpha', 'Beta'],
    ['date.gte=2026-02-01&date.lt=2026-03-01', 'Beta'],
    ['date%3E2026-02-01', 'Beta', 'Gamma']
  ],
  details: [
    ['isBilled=false', 'Alpha', 'Beta', 'Gamma'],
    ['isBilled=true'],
    ['type=appliedBillingCharge', 'Alpha'],
    ['billingAccount.id=ctk-account', 'Alpha', 'Beta', 'Gamma'],
    ['product.name=Fibre%20100', 'Alpha'],
    ['product.name=Fibre+100', 'Alpha'],
    ['product.name="Fibre 100"', 'Alpha'],
    ['product.name="TV, sport"', 'Beta'],
    ['product.name=TV%2C%20sport', 'Beta'],
    ['product.id.ne=p-1', 'Beta', 'Gamma'],
    ['characteristic.name=zone', 'Alpha', 'Beta'],
    ['characteristic.value=south', 'Beta'],
    ['characteristic.name=tier&characteristic.value=south', 'Beta'],
    ['characteristic.name.ne=zone', 'Gamma']
  ]
}

function asRequest([filter, ...names]: Row): Item {
  const checks = [status(200), values('name', names), header('X-Total-Count', names.length)]
  return get(`${RATES}?${RUN}&${filter}`, checks, { name: filter })
}

/** Each row: the query, and the texts in the message. */
function refused(): Item[] {
  const rows: readonly Row[] = [
    ['nmae=Alpha', 'nmae', 'name'],
    ['billingAccount.nmae=x', 'nmae', 'name'],
    ['name.like=Alpha', 'like', 'gte', 'regex'],
    ['isBilled=maybe', 'isBilled'],
    ['date.gt=yesterday', 'date'],
    [`${AMOUNT}.lt=cheap`, AMOUNT],
    ['isBilled.regex=t', 'isBilled']
  ]
  const states = ['new', 'validated', 'sent', 'partiallyPaid', 'settled', 'onHold']
  return [
    ...rows.map(([wrong, ...mentions]) =>
      get(`${RATES}?${RUN}&${wrong}`, [error(400, '28', ...mentions)], { name: wrong })
    ),
    get('customerBill?state=paid', [error(400, '28', 'state', ...states)], { name: 'state=paid' })
  ]
}

/** The JSONPath parameter `filter`, alone and beside attribute filters. */
export function jsonPath(): Folder {
  const found = jsonPaths.map(([path, ...names]) => {
    const checks = [status(200), values('name', names)]
    return get(`${RATES}?${RUN}&${query({ filter: path })}`, checks, { name: `filter=${path}` })
  })
  const several = [query({ filter: "$[?(@.name=='Alpha')]" }), query({ filter: "$[?(@.name=='Gamma')]" })].join('&')
  return folder('JSONPath filter', 'The parameter filter: paths it finds by, paths it refuses.', [
    ...found,
    get(`${RATES}?${RUN}&${several}`, [status(200), values('name', ['Alpha', 'Gamma'])], {
      name: 'Two filter= are OR'
    }),
    refusedPath('A syntax error', "$[?(@.name=='Alpha'", error(400, '28')),
    refusedPath('An unknown attribute', "$[?(@.nmae=='Alpha')]", error(400, '28', 'nmae')),
    refusedPath('Recursive descent', '$..name', error(501, '501')),
    refusedPath('A slice', '$[0:2]', error(501, '501'))
  ])
}

const jsonPaths: readonly Row[] = [
  ["$[?(@.name=='Alpha')]", 'Alpha'],
  ["[?(@.name=='Alpha')]", 'Alpha'],
  ["$[?(@.name!='Alpha')]", 'Beta', 'Gamma'],
  ["$[?(@.taxExcludedAmount.value>15 && @.name!='Gamma')]", 'Beta'],
  ['$[?(@.taxExcludedAmount.value<=20.5)]', 'Alpha', 'Beta'],
  ["$[?(@.name=='Alpha' || @.name=='Gamma')]", 'Alpha', 'Gamma'],
  ["$[?(!(@.name=='Alpha'))]", 'Beta', 'Gamma'],
  ['$[?(@.name=~/^al/i)]', 'Alpha'],
  ['$[?(@.isBilled==false)]', 'Alpha', 'Beta', 'Gamma'],
  ['$[?(@.product)]', 'Alpha', 'Beta'],
  ["$.characteristic[?(@.name=='zone' && @.value=='north')]", 'Alpha'],
  ["characteristic[?(@.name=='tier' && @.value=='south')]"],
  ["$[?(@.characteristic[?(@.name=='zone' && @.value=='south')])]", 'Beta'],
  ['$[?(@.characteristic.length()==2)]', 'Alpha', 'Beta']
]

function refusedPath(name: string, path: string, check: ReturnType<typeof error>): Item {
  return get(`${RATES}?${query({ filter: path })}`, [check], { name })
}
