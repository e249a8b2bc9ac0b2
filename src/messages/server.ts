import { internal, messages } from './message.ts'

/** The state of the server, whatever the request. */
export const SERVER = messages('server', {
  failed: internal`The server failed; the request id names the case`
})
