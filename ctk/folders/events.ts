import { askAgainWhile, error, expectBody, headerOf, member, quote, remember, status } from '../checks.ts'
import { type Check, type Folder, folder, get, type Item, patch, post, remove } from '../postman.ts'
import { account } from './samples.ts'

/** Nobody has this name (RFC 6761), so that no event leaves the server. */
const CALLBACK = 'https://ctk.invalid/{{run}}'
const TYPES = 'CustomerBillCreateEvent,CustomerBillStateChangeEvent'
const SUBSCRIPTION = { callback: CALLBACK, query: `eventType=${TYPES}&event.customerBill.billNo={{run}}` }

/** A subscription from its beginning to its end, and the events in the list of all: a collection cannot receive. */
export function events(): Folder {
  return folder('Events', 'A listener subscribes, a bill changes, the events are there, the listener unsubscribes.', [
    folder('What cannot be subscribed', '', refused()),
    folder('From POST to DELETE of a listener', '', [...subscribed(), ...changes(), ...unsubscribed()])
  ])
}

function refused(): Item[] {
  const refusal = (name: string, body: object, code: string, mention: string) =>
    post('hub', body, [error(400, code, mention)], { name })
  const { callback, query } = SUBSCRIPTION
  return [
    refusal('POST hub without a callback', { query }, '23', 'callback'),
    refusal('POST hub for an unknown event', { callback, query: 'eventType=NoEvent' }, '28', 'eventType'),
    refusal('POST hub with a link-local callback', { callback: 'http://169.254.169.254/' }, '24', 'callback')
  ]
}

function subscribed(): Item[] {
  return [
    post('hub', SUBSCRIPTION, [
      status(201),
      sent(),
      expectBody('Location is the href', `pm.expect(${headerOf('Location')}).to.equal(body.href)`),
      expectBody('It has a secret', "pm.expect(body.secret).to.be.a('string').that.matches(/^whsec_/)"),
      remember('listener', 'body.id')
    ]),
    post('hub', SUBSCRIPTION, [error(409, '409')], { name: 'POST hub with the same callback and query' }),
    get('hub/{{listener}}', [
      status(200),
      member('state', 'active'),
      expectBody('Its secret is not shown again', 'pm.expect(body.secret).to.equal(undefined)')
    ])
  ]
}

/** The response has the callback and the query of the request. */
function sent(): Check {
  return expectBody(
    'It has the callback and the query that were sent',
    'const sent = JSON.parse(pm.request.body.raw)',
    'pm.expect([body.callback, body.query]).to.eql([sent.callback, sent.query])'
  )
}

function changes(): Item[] {
  const bill = { billNo: '{{run}}', billingAccount: account }
  const keep = (name: string) => remember(name, 'pm.response.text()')
  return [
    post('customerBill', bill, [status(201), keep('created'), remember('told', 'body.id')], { name: 'A bill comes' }),
    patch('customerBill/{{told}}', { state: 'onHold' }, [status(200), keep('changed')], { name: 'Its state changes' }),
    get(`events?eventType=${TYPES}&event.customerBill.id={{told}}`, [askAgainWhile('body.length < 2', [told()])], {
      name: 'Both events are there, in their order'
    })
  ]
}

/** The list has both events: the envelope, and the bill as it was then. */
function told(): Check {
  return [
    ...status(200),
    ...expectBody(
      'The events are those of the bill, in their order',
      `pm.expect(body.map((event) => event.eventType)).to.eql(${JSON.stringify(TYPES.split(','))})`
    ),
    ...expectBody(
      'Each has the mandatory attributes',
      "for (const name of ['eventId', 'eventTime', 'eventType', 'domain', 'title', 'timeOcurred'])",
      "  for (const event of body) pm.expect(event[name]).to.be.a('string').that.is.not.empty"
    ),
    ...['created', 'changed'].flatMap((name, at) =>
      expectBody(
        `The bill is in its event as it was when it was ${name}`,
        `pm.expect(body[${at}].event.customerBill).to.eql(JSON.parse(pm.collectionVariables.get(${quote(name)})))`
      )
    )
  ]
}

function unsubscribed(): Item[] {
  const again = (method: string) => ({ name: `${method} hub/{{listener}} after it was deleted` })
  return [
    remove('hub/{{listener}}', [status(204)]),
    get('hub/{{listener}}', [error(404, '60')], again('GET')),
    remove('hub/{{listener}}', [error(404, '60')], again('DELETE')),
    remove('customerBill/{{told}}', [status(204)])
  ]
}
