import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import type { Named } from './answers.ts'

/** An event as its subscribers get it. */
export interface Told {
  readonly eventId: string
  readonly eventType: string
  readonly resourceVersion: number
  /** The whole resource, under its name. */
  readonly event: Readonly<Record<string, Named & { readonly state?: string }>>
}

/** The program of a subscriber. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  /** In the order of their arrival, each once. */
  readonly events: readonly Told[]
  /** Posts whose signature was wrong. */
  refused(): number
  /** Takes the events that are signed with this secret. */
  trust(secret: string): void
}

/** Listens on a free port of the loopback interface until it is disposed of. */
export async function openReceiver(): Promise<Receiver> {
  const events = new Map<string, Told>()
  let refused = 0
  let signature: Webhook | undefined
  const server = createServer(async (request, response) => {
    const event = verified(signature, await text(request), request.headers)
    if (event) events.set(event.eventId, event)
    else refused += 1
    response.writeHead(event ? 204 : 401).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}/events`,
    get events() {
      return [...events.values()]
    },
    refused: () => refused,
    trust: (secret) => {
      signature = new Webhook(secret)
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    }
  }
}

/** Returns the event if its signature is right, and not older than five minutes. */
function verified(signature: Webhook | undefined, body: string, headers: IncomingHttpHeaders): Told | undefined {
  try {
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
    signature?.verify(body, Object.fromEntries(names.map((name) => [name, String(headers[name])])))
  } catch {
    return undefined
  }
  if (!signature) return undefined
  const event = JSON.parse(body) as Told
  return event.eventId === headers['webhook-id'] ? event : undefined
}
