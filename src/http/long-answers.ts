import type { FastifyInstance } from 'fastify'

type Server = FastifyInstance['server']

interface LongAnswers {
  readonly ends: Set<() => void>
  isStopping: boolean
}

const longAnswers = new WeakMap<Server, LongAnswers>()

/** Ends responses without an end of their own when the app closes, which waits for all responses. */
export function registerLongAnswers(app: FastifyInstance): void {
  longAnswers.set(app.server, { ends: new Set(), isStopping: false })
  app.addHook('preClose', async () => endLongAnswers(app.server))
}

/** Calls `end` when the server stops. Returns the function that takes it back, for a response that has ended. */
export function addLongAnswer(server: Server, end: () => void): () => void {
  const known = longAnswers.get(server)
  if (known?.isStopping) end()
  known?.ends.add(end)
  return () => known?.ends.delete(end)
}

export function endLongAnswers(server: Server): void {
  const known = longAnswers.get(server)
  if (!known) return
  known.isStopping = true
  for (const end of known.ends) end()
}
