import type { Reply, TestServer } from '../support/server.ts'

let made = 0

// biome-ignore lint/suspicious/noExplicitAny: a test asserts on whatever came.
export async function postCustomer(server: Pick<TestServer, 'call'>, more: object = {}): Promise<any> {
  return created(await server.call('POST', 'customers', { name: 'Radhaus Falkensee', ...more }))
}

/** Posts an account with its own id and, by default, its own customer. Returns its body. */
// biome-ignore lint/suspicious/noExplicitAny: a test asserts on whatever came.
export async function postAccount(server: Pick<TestServer, 'call'>, more: object = {}): Promise<any> {
  const customerId = 'customerId' in more ? more.customerId : (await postCustomer(server)).id
  return created(await server.call('POST', 'accounts', { id: `A-${++made}`, name: 'Workshop', customerId, ...more }))
}

function created({ status, text, body }: Reply): object {
  if (status !== 201) throw new Error(text)
  return body
}
