import {
  error,
  exactKeys,
  expectBody,
  expectThat,
  header,
  headerLike,
  headerOf,
  quote,
  remember,
  rememberHeader,
  status
} from '../checks.ts'
import { type Check, type Folder, folder, get, type Item, patch, post, remove } from '../postman.ts'
import { type Sample, samples } from './samples.ts'

/** Every resource from creation to deletion: all verbs, Location, ETag and its conditions. */
export function lifecycle(): Folder[] {
  return samples.map((sample) =>
    folder(`${sample.type} from POST to DELETE`, `Every verb of ${sample.path}, with the headers that belong to it.`, [
      ...created(sample),
      ...read(sample),
      ...changed(sample),
      ...removed(sample)
    ])
  )
}

const STALE = '"no-such-version"'
const ETAG = headerLike('ETag', /^"[^"]+"$/)

function created({ path, body, given }: Sample): Item[] {
  return [
    post(path, body, [
      status(201),
      holdsWhatWasSent(),
      ...given.map((name) => expectBody(`${name} is set`, `pm.expect(body.${name}).to.exist`)),
      expectBody(
        'Location is the href and ends in the id',
        `pm.expect(${headerOf('Location')}).to.equal(body.href)`,
        `pm.expect(body.href.endsWith(${quote(`/${path}/`)} + body.id)).to.equal(true)`
      ),
      ETAG,
      remember('id', 'body.id'),
      remember('created', 'pm.response.text()'),
      rememberHeader('etag', 'ETag')
    ])
  ]
}

/** The response contains the posted values unchanged. */
function holdsWhatWasSent(): Check {
  return expectBody(
    'The answer holds what was sent',
    'const sent = JSON.parse(pm.request.body.raw)',
    'pm.expect(Object.assign({}, body, sent)).to.eql(body)'
  )
}

function read({ path, steady }: Sample): Item[] {
  const created = "JSON.parse(pm.collectionVariables.get('created'))"
  const same = expectBody('The resource is as it was created', `pm.expect(body).to.eql(${created})`)
  const listed = expectBody('The list holds the whole resource', `pm.expect(body).to.eql([${created}])`)
  const unchanged = get(`${path}/{{id}}`, [status(304), NO_BODY, ETAG], {
    name: `GET ${path}/{{id}} with If-None-Match`,
    headers: { 'If-None-Match': '{{etag}}' }
  })
  return [
    get(`${path}/{{id}}`, [status(200), ...(steady ? [same] : []), ETAG]),
    get(`${path}?id={{id}}`, [status(200), header('X-Total-Count', 1), ...(steady ? [listed] : [])]),
    get(`${path}/{{id}}?fields=href`, [status(200), exactKeys('id', 'href')]),
    ...(steady ? [unchanged] : []),
    get(`${path}/{{id}}`, [status(200)], {
      name: `GET ${path}/{{id}} with another If-None-Match`,
      headers: { 'If-None-Match': STALE }
    })
  ]
}

function changed({ path, change, steady }: Sample): Item[] {
  const stale = patch(`${path}/{{id}}`, change, [error(412, '412')], {
    name: `PATCH ${path}/{{id}} with a stale If-Match`,
    headers: { 'If-Match': STALE }
  })
  const differs = expectThat(
    'The ETag is another one',
    `pm.expect(${headerOf('ETag')}).to.not.equal(pm.collectionVariables.get('etag'))`
  )
  return [
    stale,
    patch(`${path}/{{id}}`, change, [status(200), holdsWhatWasSent(), ETAG, differs], {
      name: `PATCH ${path}/{{id}}${steady ? ' with the right If-Match' : ''}`,
      headers: { 'Content-Type': 'application/merge-patch+json', ...(steady ? { 'If-Match': '{{etag}}' } : {}) }
    }),
    get(`${path}/{{id}}`, [status(200)], {
      name: `GET ${path}/{{id}} with the If-None-Match of before the change`,
      headers: { 'If-None-Match': '{{etag}}' }
    })
  ]
}

function removed({ path, body, change }: Sample): Item[] {
  const again = (name: string) => ({ name: `${name} after it was deleted` })
  return [
    remove(`${path}/{{id}}`, [error(412, '412')], {
      name: `DELETE ${path}/{{id}} with a stale If-Match`,
      headers: { 'If-Match': STALE }
    }),
    remove(`${path}/{{id}}`, [status(204), NO_BODY]),
    get(`${path}/{{id}}`, [error(404, '60')], again(`GET ${path}/{{id}}`)),
    patch(`${path}/{{id}}`, change, [error(404, '60')], again(`PATCH ${path}/{{id}}`)),
    remove(`${path}/{{id}}`, [error(404, '60')], again(`DELETE ${path}/{{id}}`)),
    post(path, { ...body, id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }, [error(400, '24', 'id')], {
      name: `POST ${path} with an id of the client's`
    })
  ]
}

const NO_BODY = expectThat('There is no body', "pm.expect(pm.response.text()).to.equal('')")
