import { Agent, type ClientRequest, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { BASE } from '../support/server.ts'
import { CREDENTIAL } from './server-process.ts'

/**
 * The outcomes of requests. `refused`: the server did not accept the connection, so nothing was sent. `dropped`: sent
 * on a connection made for it, or half answered. `cut`: sent on a kept connection, without a response. The server may
 * close such a connection between two requests, so a client repeats the request (RFC 9110, section 9.2.2); a write that
 * was carried out all the same does not count as created.
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
  /** Keeps the connection, or opens a new one for each request. */
  readonly keepAlive: boolean
  /** Pause between two requests. */
  readonly pauseMs?: number
}

const BODY = JSON.stringify({ billingAccount: { id: 'A0815' } })
const READS_PER_WRITE = 3

/** Reads and writes with several clients until each is refused. */
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

/** Sends a request and counts its outcome. Returns false once the server accepts no more. */
function send(sent: ClientRequest, tally: Tally): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException & { syscall?: string }) => {
      // A connection that was never established has carried nothing.
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
