import { newId } from '../../src/base/ulid.ts'
import { addClient, addUser, ENCODED_PASSWORD, SECRET } from '../access/people.ts'
import { bearer, requestToken } from '../admin/administration.ts'
import { TENANT } from '../support/database.ts'
import type { TestServer } from '../support/server.ts'

/** Adds users with these scopes by name, and returns their Authorization headers by name. */
export async function addPeople<Name extends string>(
  server: TestServer,
  people: Readonly<Record<Name, readonly string[]>>
): Promise<Readonly<Record<Name, Record<string, string>>>> {
  const client = { client_id: newId(), client_secret: SECRET }
  await addClient(server.database, { tenantId: TENANT, clientId: client.client_id, secret: SECRET })
  const headers: Partial<Record<Name, Record<string, string>>> = {}
  for (const [username, scope] of Object.entries<readonly string[]>(people)) {
    await addUser(server.database, { tenantId: TENANT, username, scope })
    const grant = { grant_type: 'password', username, password: ENCODED_PASSWORD }
    Object.assign(headers, { [username]: bearer(await requestToken(server, { ...client, ...grant })) })
  }
  return headers as Readonly<Record<Name, Record<string, string>>>
}
