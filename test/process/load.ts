import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { BASE } from '../support/server.ts'

/**
 * What became of the requests. `refused`: the server did not take the connection, so that nothing was sent.
 * `dropped`: sent on a connection that it took, and no whole answer came.
 */
export interface Tally {
  answered: number
  created: number
  refused: number
  dropped: string[]
  statuses: Set<number | undefined>
}

export interface LoadOptions {
  readonly clients: number
  /** Whether a client keeps its connection or opens a new one for each request. */
  readonly keepAlive: boolean
  /** How long a client waits between two requests. */
  readonly pauseMs?: number
  /** How long a client lets an answer lie before it reads it. */
  readonly readDelayMs?: number
}

export const BODY = JSON.stringify({ billingAccount: { id: 'A0815' } })

/** Reads and writes with many clients at once, each of which ends when it is refused. */
export async function load(root: string, options: LoadOptions): Promise<Tally> {
  const tally: Tally = { answered: 0, created: 0, refused: 0, dropped: [], statuses: new Set() }
  const client = async (index: number) => {
    const agent = new Agent({ keepAlive: options.keepAlive, maxSockets: 1 })
    for (let round = index; (await send(agent, root, round, options, tally)) !== 'refused'; round++) {
      if (options.pauseMs) await delay(options.pauseMs)
    }
    agent.destroy()
  }
  await Promise.all(Array.from({ length: options.clients }, (_, index) => client(index)))
  return tally
}

/** Three reads to each write. */
async function send(agent: Agent, root: string, round: number, options: LoadOptions, tally: Tally): Promise<string> {
  const isWrite = round % 4 === 0
  const url = `${root}${BASE}/${isWrite ? 'customerBillOnDemand' : 'customerBill?limit=1000'}`
  return new Promise((resolve) => {
    const headers = isWrite ? { 'Content-Type': 'application/json', 'Content-Length': BODY.length } : {}
    const sent = request(url, { agent, method: isWrite ? 'POST' : 'GET', headers })
    const failed = (error: NodeJS.ErrnoException) => {
      const wasRefused = error.code === 'ECONNREFUSED'
      if (wasRefused) tally.refused += 1
      else tally.dropped.push(`${error.message}${sent.reusedSocket ? ' (kept connection)' : ''}`)
      resolve(wasRefused ? 'refused' : 'dropped')
    }
    sent.on('error', failed)
    sent.on('response', async (response) => {
      if (options.readDelayMs) await delay(options.readDelayMs)
      response.on('error', failed).on('end', () => {
        tally.answered += 1
        tally.statuses.add(response.statusCode)
        if (response.statusCode === 201) tally.created += 1
        resolve('answered')
      })
      response.resume()
    })
    sent.end(isWrite ? BODY : undefined)
  })
}
