import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { post, postNumberedBills } from '../support/samples.ts'
import { type Reply, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let ids: readonly string[] = []
beforeAll(async () => {
  server = await startTestServer()
  ids = await postNumberedBills(server)
})
afterAll(() => server.close())

const found = (reply: Reply) => reply.body.map(({ id }: { id: string }) => id)

/** Returns a query of patterns that match every bill. */
function patterns(count: number): string {
  return Array.from({ length: count }, (_, at) => `billNo.regex=B{1,${at + 1}}`).join('&')
}

function jsonPathPatterns(count: number): string {
  const conditions = Array.from({ length: count }, (_, at) => `@.taxItem[?(@.taxCategory=~'V{${at + 1}}')]`)
  return encodeURIComponent(`$[?(${conditions.join(' || ')})]`)
}

describe('filters', () => {
  test.each([
    ['billNo=B-03', 1],
    ['billNo=B-03,B-04&billNo=B-05', 3],
    ['billNo.ne=B-03', 24],
    ['billNo!=B-03,B-04', 23],
    ['billNo.regex=^B-0[1-3]$', 3],
    ['billNo*=2', 7],
    ['billDate=2026-01-01', 5],
    ['billDate=2026-01-01T10:00:00Z', 5],
    ['billDate=2026-01-01T12:00:00%2B02:00', 5],
    ['billDate=2026-01-01T12:00:00+02:00', 5],
    ['billDate=2026-01-01T00:00:00Z', 0],
    ['billDate.gt=2026-01-01', 20],
    ['billDate.gte=2026-01-01', 25],
    ['billDate.lt=2026-01-02', 5],
    ['billDate.lte=2026-01-02', 10],
    ['billDate.gt=2026-01-01&billDate.lt=2026-01-03', 5],
    ['billDate<2026-01-02;billDate>2026-01-04', 10],
    ['billDate!=2026-01-01', 20],
    ['nextBillDate!=2026-01-01', 25],
    ['state=new', 25],
    ['state=sent', 0],
    ['taxItem.taxCategory=odd', 12],
    ['taxItem.taxCategory=odd,even', 25],
    ['taxItem.taxCategory!=odd', 13],
    ['taxItem.taxRate.gte=20', 5],
    ['taxItem.taxAmount.value=3', 1],
    ['taxItem.taxAmount.unit=EUR', 25],
    // Two dot filters may match different elements; a JSONPath filter needs one for both.
    ['taxItem.taxCategory=all&taxItem.taxRate=3', 1],
    ["filter=$[?(@.taxItem[?(@.taxCategory=='all' %26%26 @.taxRate==3)])]", 0],
    ["filter=$[?(@.taxItem[?(@.taxCategory=='odd' && @.taxRate==3)])]", 1],
    ['filter=taxItem[?(@.taxRate==3)]', 1],
    ["filter=$[?(@.billNo=='B-01' || @.billNo =~ /b-02/i)]", 2],
    ['filter=$[?(@.taxItem.length()==2)]', 25],
    ['filter=$[?(!@.billDate)]', 0],
    ['filter=$[?(@.nextBillDate==null)]', 25],
    ["billNo.lt=B-10&filter=$[?(@.billNo!='B-00')]", 9],
    ["filter=$.billingAccount[?(@.id=='A1')]", 25],
    ["filter=$.billingAccount[?(@.id!='A1' || @.name)]", 0],
    ['filter=$[?(@.amountDue[?(@.value>1)])]', 0],
    ['filter=$[?(@.amountDue[?(!@.unit)])]', 0],
    ["filter=$[?(!(@.billCycle[?(@.id=='x')]))]", 25],
    ['billDocument.id=x', 0],
    ['billingAccount.id=A1', 25],
    ['billingAccount.name=x', 0],
    ['@type=x', 0],
    [patterns(8), 25]
  ])('%s finds %i', async (query, count) => {
    const reply = await server.call('GET', `customerBill?limit=30&${query.replaceAll(' ', '%20')}`)
    expect(reply.status === 200 || reply.status === 206, reply.text).toBe(true)
    expect(found(reply)).toHaveLength(count)
  })

  test.each([
    ['stat=new', 'CustomerBill has no attribute stat (did you mean state?)'],
    ['state=paid', 'state must be one of new, validated, sent, partiallyPaid, settled, onHold'],
    ['state.gt=new', 'state cannot be compared with gt; it takes eq, ne'],
    ['billDate=yesterday', 'billDate must be a date (2026-01-15) or a date-time'],
    ['billDate=2026-02-30', 'billDate must be a date'],
    ['billDate.gt=2026-01-01,2026-01-02', 'billDate.gt takes one value'],
    ['amountDue=5', 'amountDue is an object; name one of amountDue.unit, amountDue.value'],
    ['amountDue.value=five', 'amountDue.value must be a decimal number'],
    ['amountDue.currency=EUR', 'amountDue has no attribute currency'],
    ['billNo.like=x', 'billNo has neither attributes nor an operator like; it takes eq, ne, gt, gte, lt, lte, regex'],
    ['billNo.regex=(', 'billNo: '],
    ["filter=$[?(@.billNo=~'(')]", 'billNo: '],
    [patterns(9), 'regex and =~ may be used 8 times at most in one query'],
    [`${patterns(4)}&filter=${jsonPathPatterns(5)}`, 'regex and =~ may be used 8 times'],
    ['href=x', 'has no attribute href'],
    ['constructor=x', 'has no attribute constructor'],
    ['__proto__.x=x', 'has no attribute __proto__'],
    ['sort=taxItem.taxRate', 'sort cannot use taxItem.taxRate'],
    ['sort=nope', 'has no attribute nope'],
    ['sort=amountDue', 'amountDue is an object'],
    ["filter=$[?(@.nope=='x')]", 'has no attribute nope']
  ])('%s is refused, saying: %s', async (query, message) => {
    const reply = await server.call('GET', `customerBill?${query}`)
    expect(reply).toMatchObject({ status: 400, body: { code: '28' } })
    expect(reply.body.message).toContain(message)
  })

  test('what JSONPath could say and we do not do is 501', async () => {
    for (const filter of ['$..id', '$[0]', '$[?(@.a==@.b)]', '$[?(min(@.a)==1)]']) {
      const reply = await server.call('GET', `customerBill?filter=${encodeURIComponent(filter)}`)
      expect(reply, filter).toMatchObject({ status: 501, body: { code: '501' } })
    }
  })

  test('isBilled filters rates, and only as a boolean', async () => {
    await post(server, 'appliedCustomerBillingRate')
    expect((await server.call('GET', 'appliedCustomerBillingRate?isBilled=false')).body).toHaveLength(1)
    expect((await server.call('GET', 'appliedCustomerBillingRate?isBilled=true')).body).toHaveLength(0)
    expect((await server.call('GET', 'appliedCustomerBillingRate?isBilled=yes')).status).toBe(400)
  })
})

describe('fields', () => {
  const keys = async (query: string) => Object.keys((await server.call('GET', `customerBill?limit=1&${query}`)).body[0])

  test.each([
    ['fields=billNo', ['id', 'href', 'billNo']],
    ['fields=id', ['id', 'href']],
    ['fields=href', ['id', 'href']],
    ['fields=none', ['id', 'href']],
    ['fields=nope', ['id', 'href']],
    ['fields=state,billNo', ['id', 'href', 'billNo', 'state']],
    ['fields=taxExcludedAmount', ['id', 'href']]
  ])('%s', async (query, expected) => {
    expect(await keys(query)).toEqual(expected)
  })

  test('nested names choose inside objects and lists', async () => {
    const reply = await server.call(
      'GET',
      'customerBill?limit=1&fields=taxItem.taxRate,taxItem.taxAmount.unit,billingAccount.id'
    )
    expect(reply.body[0]).toMatchObject({
      billingAccount: { id: 'A1' },
      taxItem: [
        { taxRate: 0, taxAmount: { unit: 'EUR' } },
        { taxRate: -1, taxAmount: { unit: 'EUR' } }
      ]
    })
    expect(Object.keys(reply.body[0].taxItem[0]).sort()).toEqual(['taxAmount', 'taxRate'])
  })

  test('an empty fields counts as absent', async () => {
    expect(await keys('fields=')).toContain('billDocument')
    expect(await keys('')).toContain('billDocument')
  })

  test('filters and sorts look at what fields leaves out', async () => {
    const reply = await server.call('GET', 'customerBill?fields=id&billNo.lt=B-03&sort=-billNo')
    expect(found(reply)).toEqual(ids.slice(0, 3).reverse())
  })
})
