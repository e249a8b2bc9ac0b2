import type { Answer } from '../support/answer.ts'
import type { Reply, TestServer } from '../support/server.ts'

let made = 0

export async function postCustomer(server: Pick<TestServer, 'call'>, more: object = {}): Promise<Answer> {
  return created(await server.call('POST', 'customers', { name: 'Radhaus Falkensee', ...more }))
}

/** Posts an account with its own id and, by default, its own customer. Returns its body. */
export async function postAccount(server: Pick<TestServer, 'call'>, more: object = {}): Promise<Answer> {
  const customerId = 'customerId' in more ? more.customerId : (await postCustomer(server)).id
  return created(await server.call('POST', 'accounts', { id: `A-${++made}`, name: 'Workshop', customerId, ...more }))
}

function created({ status, text, body }: Reply): Answer {
  if (status !== 201) throw new Error(text)
  return body
}
