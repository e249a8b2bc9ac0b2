import { error, headerLike, member, query, status } from '../checks.ts'
import { type Folder, folder, get, type Item, patch, post, remove } from '../postman.ts'
import { RATES, rates, samples } from './samples.ts'

/** A request without a credential reveals and changes nothing (RFC 6750, section 3). */
export function authentication(): Folder {
  return folder('Authentication', 'Requests without a credential, or with a bad one, are refused with a challenge.', [
    folder('Without a credential', '', missing()),
    folder('With a bad credential', '', invalid()),
    get(`${RATES}/{{alpha}}`, [status(200), member('name', 'Alpha')], { name: 'Nothing was changed' })
  ])
}

const NO_ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
const unanswered = [error(401, '40'), headerLike('WWW-Authenticate', /^Bearer (?!.*error=)/)]
const refused = [error(401, '41'), headerLike('WWW-Authenticate', /^Bearer .*error="invalid_token"/)]

function missing(): Item[] {
  const without = { isOpen: true }
  return [
    ...samples.map(({ path }) => get(path, unanswered, without)),
    get(`${RATES}/{{alpha}}`, unanswered, without),
    get(`${RATES}/${NO_ID}`, unanswered, { ...without, name: `GET ${RATES}/unknown id` }),
    post(RATES, rates[0].body, unanswered, without),
    patch(`${RATES}/{{alpha}}`, { name: 'Changed' }, unanswered, without),
    remove(`${RATES}/{{alpha}}`, unanswered, without)
  ]
}

function invalid(): Item[] {
  const sent = (name: string, headers: Readonly<Record<string, string>>): Item =>
    get(RATES, refused, { name, headers, isOpen: true })
  const inQuery = (parameter: string): Item =>
    get(`${RATES}?${query({ [parameter]: 'e30.e30.e30' })}`, unanswered, {
      name: `A token in the query string as ${parameter}`,
      isOpen: true
    })
  return [
    sent('A token that is none', { Authorization: 'Bearer nonsense' }),
    sent('A key that is none', { Authorization: 'ApiKey nonsense' }),
    sent('Another scheme', { Authorization: 'Basic bm9uc2Vuc2U6bm9uc2Vuc2U=' }),
    inQuery('access_token'),
    inQuery('token')
  ]
}
