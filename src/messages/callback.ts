import { is, messages } from './message.ts'

export const CALLBACKS = messages('callback', {
  notAnAddress: is.invalidField`$.callback must be an http:// or https:// address, such as
    https://portal.example.com/listener`,
  user: is.invalidField`$.callback must have no user or password; send them in the headers of the subscription`,
  fragment: is.invalidField`$.callback must have no fragment`,
  notPublic: is.invalidField`$.callback must lead to public addresses only, or to networks that the operator of this
    server allows`
})
