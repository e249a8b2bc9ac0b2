import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { LoadRequest, WaveJob, Waves } from './loader.ts'

/** An attack waits longer than any limit of the server. */
const TIMEOUT_MS = 60_000
/** Waves are at least this far apart: a refused client does not send in a loop. */
const EVERY_MS = 1_000

/** Sends all requests at once, and again after the last response, until the time is over. Counts the responses. */
export async function runWaves({ origin, seconds, headers, wave }: WaveJob): Promise<Waves> {
  const agent = new Agent({ keepAlive: true })
  const untilMs = performance.now() + seconds * 1_000
  const statuses = new Map<string, number>()
  const send = async (each: LoadRequest) => {
    const status = await ask(origin, agent, { ...each, headers: { ...headers, ...each.headers } })
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  for (let left = seconds * 1_000; left > 0; left = untilMs - performance.now()) {
    const next = delay(Math.min(EVERY_MS, left))
    await Promise.all([...wave.map(send), next])
  }
  agent.destroy()
  return Object.fromEntries([...statuses].sort())
}

async function ask(origin: string, agent: Agent, { method, path, headers, body }: LoadRequest): Promise<string> {
  const message = request(origin + path, { method, headers: { ...headers }, agent, timeout: TIMEOUT_MS })
  message.on('timeout', () => message.destroy(new Error('no answer')))
  message.end(body)
  try {
    const [response] = (await once(message, 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'end')
    return String(response.statusCode)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
