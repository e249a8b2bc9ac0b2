import type { Named } from './answers.ts'
import { get, post } from './api.ts'
import { expectSame } from './expectation.ts'
import type { Receiver } from './receiver.ts'
import type { Scene } from './stage.ts'

interface Listener extends Named {
  readonly state: string
  readonly secret?: string
}

/** The chapter of a new subscriber. Returns the id of the listener. */
export async function subscribe({ api, narrator }: Scene, receiver: Receiver): Promise<string> {
  narrator.chapter('A subscriber')
  narrator.say(
    'A program of the warehouse wants to know of everything that happens. It subscribes, and gets a secret, this ' +
      'once, by which it will know who sends.'
  )
  const { body } = await api.show<Listener>(
    post('/hub', { callback: receiver.url }),
    ({ body: { state, secret } }) => `${state}, with a secret of ${String(secret).length} characters`
  )
  receiver.trust(String(body.secret))
  const { body: kept } = await api.show<Listener>(get(`/hub/${body.id}`), ({ body: { state, secret } }) => {
    return `${state}, ${secret === undefined ? 'the secret is not shown again' : 'with its secret'}`
  })
  expectSame('the secret that is shown again', kept.secret, undefined)
  return body.id
}
