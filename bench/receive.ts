import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Seen } from './receiver.ts'

/** Listeners below this path want no events. */
const REFUSING = '/refuse'
/** Taken before the commit of the change, to the millisecond. */
const EVENT_TIME = /"eventTime":"([^"]+)"/

const ids = new Set<string>()
const timesMs: { atMs: number; sinceMs: number }[] = []
let unanswered = 0

const origins = await Promise.all([listen(take), listen(() => unanswered++)])

process.on('message', ({ forgets }: { readonly forgets: boolean }) => {
  process.send?.(seen())
  if (!forgets) return
  ids.clear()
  timesMs.length = 0
  unanswered = 0
})
process.once('disconnect', () => process.exit())
process.send?.(origins)

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function take(request: IncomingMessage, response: ServerResponse): void {
  const { url = '', headers } = request
  const atMs = performance.timeOrigin + performance.now()
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const isRefused = url.startsWith(REFUSING)
    response.writeHead(isRefused ? 503 : 204).end()
    const id = `${url} ${headers['webhook-id']}`
    if (isRefused || ids.has(id)) return
    ids.add(id)
    const [, time = ''] = EVENT_TIME.exec(String(chunks[0])) ?? []
    timesMs.push({ atMs, sinceMs: atMs - Date.parse(time) })
  })
}

/** In the order of their arrival. */
function seen(): Seen {
  const sorted = Float64Array.from(timesMs.map(({ sinceMs }) => sinceMs)).sort()
  const quantile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return {
    taken: timesMs.length,
    firstAtMs: timesMs[0]?.atMs ?? Number.NaN,
    lastAtMs: timesMs.at(-1)?.atMs ?? Number.NaN,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    unanswered
  }
}
