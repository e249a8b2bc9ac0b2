import { Readable } from 'node:stream'
import type { Database } from '../db/database.ts'
import { slotOf } from '../fairness/request-slot.ts'
import { addLongAnswer } from '../http/long-answers.ts'
import { allowSilence } from '../http/long-body.ts'
import { pace } from '../pace/turns.ts'
import type { Asked } from '../tmf/serving/endpoint.ts'
import { positionOf } from './event-list.ts'
import { type Batch, type Feed, feedOf } from './feed.ts'
import { type EventRow, horizon } from './outbox.ts'
import { type Watch, watchStream } from './stream-watch.ts'

export interface Following extends Pick<Asked<unknown, unknown>, 'request' | 'view' | 'author'> {
  readonly database: Database
  /** The event to go on after; by default the stream begins now. */
  readonly lastEventId: string | undefined
  /** Writes an event for this reader; undefined if it is not wanted. */
  readonly write: (event: EventRow) => string | undefined
}

/** Tells a browser how long to wait before it connects again. */
const RETRY_MS = 2_000
const BUFFER_BYTES = 65_536

/**
 * Opens a stream of Server-Sent Events (HTML Living Standard, section 9.2): the events of a view, in order and without
 * a gap. It ends when the server stops or the credential loses its right, and is cut when its reader is too slow.
 */
export async function streamEvents(following: Following): Promise<Readable> {
  const { database, view, lastEventId, request, author } = following
  const start = lastEventId === undefined ? await horizon(database) : await positionOf(database, view, lastEventId)
  const feed = feedOf(database)
  const watch = watchStream(request, () => stream.destroy(new Error('the reader of a stream of events is too slow')))
  const leave = feed.join(watch, view.tenantId, `${view.tenantId}/${author.actor.type}/${author.actor.id}`)
  const forget = addLongAnswer(request.server.server, watch.end)
  const { socket } = request.raw
  const gone = () => watch.end()
  allowSilence(request)
  // A stream that waits for events is not destroyed before it has ended.
  socket.once('close', gone)
  const texts = watch.timed(textsOf(following, feed, watch, start))
  const stream = Readable.from(texts, { objectMode: false, highWaterMark: BUFFER_BYTES })
  stream.once('close', () => {
    socket.off('close', gone)
    leave()
    forget()
  })
  // The stream holds no slot; it takes one for each batch.
  slotOf(request).leave()
  return stream
}

async function* textsOf(
  { request, view, write }: Following,
  feed: Feed,
  watch: Watch,
  start: number
): AsyncGenerator<string> {
  let position = start
  let passed: string | undefined
  const turn = pace()
  yield `retry: ${RETRY_MS}\n\n`
  for (let due = await next(); due; due = await next()) {
    if (due === 'beat') {
      // An id alone is no event: a reader that comes back goes on from there.
      yield passed === undefined ? ':\n\n' : `id: ${passed}\n\n`
      passed = undefined
      continue
    }
    for (const event of due.events) {
      await turn()
      const data = write(event)
      passed = data === undefined ? event.id : undefined
      if (data !== undefined) yield `id: ${event.id}\nevent: ${event.eventType}\ndata: ${data}\n\n`
    }
    position = due.position
  }
  if (watch.reason !== undefined) yield `: ${watch.reason}\n\n`

  async function next(): Promise<Batch | 'beat' | undefined> {
    while (!watch.hasEnded) {
      // A failed read is repeated after the next look.
      const batch = feed.until > position ? await read().catch(() => undefined) : undefined
      if (batch) return batch
      if (watch.isSilent()) return 'beat'
      await watch.looked()
    }
    return undefined
  }

  function read(): Promise<Batch> {
    return feed.next(view, position, (work) => slotOf(request).run('read', work))
  }
}
