import { expectBody, member, status } from '../checks.ts'
import { type Folder, folder, get } from '../postman.ts'
import { RATES } from './samples.ts'

/** The two base paths, trailing slashes, and the href for the client's address. */
export function addresses(): Folder {
  const prefix = (path: string) =>
    expectBody(
      `href begins at ${path}`,
      `pm.expect(body.href.replace(/^https?:\\/\\/[^/]+/, '')).to.equal('${path}/${RATES}/' + body.id)`
    )
  const short = '/customerBillManagement/v4'
  const long = `/tmf-api${short}`
  return folder('Addresses', 'Both base paths, with and without a trailing slash; href uses the one asked.', [
    get(`{{root}}${short}/${RATES}/{{alpha}}`, [status(200), member('name', 'Alpha'), prefix(short)]),
    get(`{{root}}${long}/${RATES}/{{alpha}}`, [status(200), member('name', 'Alpha'), prefix(long)]),
    get(`${RATES}/{{alpha}}/`, [status(200), member('name', 'Alpha')]),
    get(`${RATES}/?description={{run}}&fields=none`, [
      status(200),
      expectBody('Three rates', 'pm.expect(body).to.have.lengthOf(3)')
    ])
  ])
}
