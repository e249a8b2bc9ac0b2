import { Agent, type ClientRequest, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { BASE } from '../support/server.ts'
import { CREDENTIAL } from './server-process.ts'

/**
 * What became of the requests. `refused`: the server did not take the connection, so nothing was sent. `dropped`: sent
 * on a connection that was established for it, or half answered. `cut`: sent on a kept connection, and nothing came.
 * The server may close one between two requests at any moment, so that a client asks again (RFC 9110, section 9.2.2);
 * a write that was taken all the same is one that nobody counts as created.
 */
export interface Tally {
  answered: number
  created: number
  refused: number
  cut: number
  readonly dropped: string[]
  readonly failures: number[]
}

export interface LoadOptions {
  readonly clients: number
  /** Whether a client keeps its connection or opens a new one for each request. */
  readonly keepAlive: boolean
  /** How long a client waits between two requests. */
  readonly pauseMs?: number
}

const BODY = JSON.stringify({ billingAccount: { id: 'A0815' } })
const READS_PER_WRITE = 3

/** Reads and writes with several clients at once until each of them is refused. */
export async function load(root: string, { clients, keepAlive, pauseMs = 0 }: LoadOptions): Promise<Tally> {
  const tally: Tally = { answered: 0, created: 0, refused: 0, cut: 0, dropped: [], failures: [] }
  const client = async (first: number) => {
    const agent = new Agent({ keepAlive, maxSockets: 1 })
    for (let turn = first; await send(start(agent, root, turn), tally); turn++) await delay(pauseMs)
    agent.destroy()
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)))
  return tally
}

function start(agent: Agent, root: string, turn: number): ClientRequest {
  const path = `${root}${BASE}/customerBillOnDemand`
  if (turn % (READS_PER_WRITE + 1) > 0) return request(`${path}?limit=20`, { agent, headers: CREDENTIAL }).end()
  const headers = { ...CREDENTIAL, 'Content-Type': 'application/json', 'Content-Length': BODY.length }
  return request(path, { agent, method: 'POST', headers }).end(BODY)
}

/** Counts what becomes of a request; false once the server takes no more. */
function send(sent: ClientRequest, tally: Tally): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException & { syscall?: string }) => {
      // However it fails, a connection that was not established has carried nothing.
      const wasRefused = error.syscall === 'connect'
      if (wasRefused) tally.refused += 1
      else if (sent.reusedSocket && !isAnswered) tally.cut += 1
      else tally.dropped.push(error.message)
      resolve(!wasRefused)
    }
    let isAnswered = false
    sent.on('error', failed).on('response', (response) => {
      isAnswered = true
      const status = response.statusCode ?? 0
      response.on('error', failed).on('end', () => {
        tally.answered += 1
        if (status === 201) tally.created += 1
        if (status >= 300) tally.failures.push(status)
        resolve(true)
      })
      response.resume()
    })
  })
}
