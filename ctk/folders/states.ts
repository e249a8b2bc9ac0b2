import { error, expectBody, expectThat, headerOf, member, remember, rememberHeader, status } from '../checks.ts'
import { type Folder, folder, get, type Item, patch, post, remove } from '../postman.ts'
import { account, RATES } from './samples.ts'

const BILL = 'customerBill/{{bill}}'

/** The states of a bill, and changes and deletions that are refused. */
export function states(): Folder {
  return folder('States', 'Legal and illegal moves of a bill; what was billed or issued stays.', [
    post('customerBill', { billNo: '{{run}}', billingAccount: account }, [
      status(201),
      member('state', 'new'),
      expectBody(
        'A document was made for the bill',
        "pm.expect(body.billDocument).to.be.an('array').that.is.not.empty",
        "pm.expect(body.billDocument[0].id).to.be.a('string')"
      ),
      remember('bill', 'body.id')
    ]),
    refused('new', 'settled', 'onHold'),
    refused('new', 'partiallyPaid', 'onHold'),
    moved('new', 'onHold', rememberHeader('etag', 'ETag')),
    patch(BILL, { state: 'onHold' }, [status(200), member('state', 'onHold'), sameTag], { name: 'onHold to onHold' }),
    refused('onHold', 'settled', 'new'),
    moved('onHold', 'new'),
    patch(BILL, { state: 'paid' }, [error(400, '24', 'state', 'partiallyPaid')], { name: 'new to a state unheard of' }),
    remove(BILL, [status(204)]),
    ...issued(),
    ...billed()
  ])
}

const sameTag = expectThat(
  'The version is the same',
  `pm.expect(${headerOf('ETag')}).to.equal(pm.collectionVariables.get('etag'))`
)

function moved(from: string, to: string, ...more: readonly ReturnType<typeof status>[]): Item {
  return patch(BILL, { state: to }, [status(200), member('state', to), ...more], { name: `${from} to ${to}` })
}

/** The message names a legal state. */
function refused(from: string, to: string, legal: string): Item {
  return patch(BILL, { state: to }, [error(409, '409', legal)], { name: `${from} to ${to} is refused` })
}

/** Queries existing bills, if there are any: a run could not delete bills that it had issued. */
function issued(): Item[] {
  const first = (state: string): Item =>
    get(`customerBill?state=${state}&limit=1&fields=state`, [succeeded, rememberFirst(state)])
  const back = (from: string, ...mentions: readonly string[]): Item => {
    const checks = [error(409, '409', ...mentions)]
    return patch(`customerBill/{{${from}}}`, { state: 'new' }, checks, {
      ...found(from),
      name: `${from} to new is refused`
    })
  }
  const kept = (state: string): Item =>
    remove(`customerBill/{{${state}}}`, [error(409, '409')], { ...found(state), name: `DELETE of a ${state} bill` })
  return [
    ...[first('validated'), back('validated', 'sent', 'onHold')],
    ...[first('sent'), back('sent', 'settled', 'onHold'), kept('sent')],
    ...[first('settled'), back('settled'), kept('settled')]
  ]
}

/** Queries an existing billed rate, if there is one. */
function billed(): Item[] {
  const rate = found('billed')
  const change = { description: 'changed' }
  return [
    get(`${RATES}?isBilled=true&limit=1&fields=isBilled`, [succeeded, rememberFirst('billed')]),
    patch(`${RATES}/{{billed}}`, change, [error(409, '409')], { ...rate, name: 'PATCH of a billed rate' }),
    remove(`${RATES}/{{billed}}`, [error(409, '409')], { ...rate, name: 'DELETE of a billed rate' })
  ]
}

const succeeded = expectThat('Status code is 200 or 206', 'pm.expect(pm.response.code).to.be.oneOf([200, 206])')

function rememberFirst(variable: string) {
  return remember(variable, "body.length > 0 ? body[0].id : ''")
}

function found(variable: string) {
  return { before: [`if (!pm.collectionVariables.get('${variable}')) pm.execution.skipRequest()`] }
}

/** A referenced resource stays until its references are gone. */
export function references(): Folder {
  const specification = { id: '{{specification}}' }
  const cycle = { id: '{{cycle}}' }
  const unknown = { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }
  const description = '{{run}}'
  const hasHref = (name: string) =>
    expectBody(`${name} has its href`, `pm.expect(body.${name}.href.endsWith('/' + body.${name}.id)).to.equal(true)`)
  return folder('References', 'What others refer to cannot be deleted; what does not exist cannot be referred to.', [
    post('billCycleSpecification', { name: description }, [status(201), remember('specification', 'body.id')]),
    post('billCycle', { description, BillCycleSpecification: specification }, [
      status(201),
      hasHref('BillCycleSpecification'),
      remember('cycle', 'body.id')
    ]),
    post('billCycle', { description, BillCycleSpecification: unknown }, [error(400, '24', 'BillCycleSpecification')], {
      name: 'A cycle of an unknown specification'
    }),
    post('customerBill', { billNo: '{{run}}', billingAccount: account, billCycle: cycle }, [
      status(201),
      hasHref('billCycle'),
      remember('bill', 'body.id')
    ]),
    remove('billCycleSpecification/{{specification}}', [error(409, '409', 'billCycle')], {
      name: 'DELETE of a specification with a cycle'
    }),
    remove('billCycle/{{cycle}}', [error(409, '409', 'customerBill')], { name: 'DELETE of a cycle with a bill' }),
    remove(BILL, [status(204)]),
    remove('billCycle/{{cycle}}', [status(204)]),
    remove('billCycleSpecification/{{specification}}', [status(204)])
  ])
}
