import { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Answers, openAnswers } from './answers.ts'
import type { WorkClass } from './scheduler.ts'
import { GONE, openSlots, type Release, type SlotSettings, type Slots } from './slots.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The slot in which this request runs; null for those without a principal. */
    slot: RequestSlot | null
  }
  interface FastifyContextConfig {
    /** What a request to the route costs; GET and HEAD are reads and all others are writes where it says nothing. */
    work?: WorkClass
  }
}

/** The slot of a request, from before its handler begins until its answer is written. */
export interface RequestSlot {
  /** Gives the slot back and waits for one of another class; does nothing in a slot of that class. Throws a Problem. */
  become(work: WorkClass): Promise<void>
  /** Does a part of the work in a slot of its own: of a request that is a transfer, which holds none. */
  run<T>(work: WorkClass, part: () => Promise<T>): Promise<T>
  /** Throws a Problem when the client has gone away, so that nothing is begun for nobody. */
  requireClient(): void
}

/** The slot of a request to a route that is not public. */
export function slotOf({ slot }: FastifyRequest): RequestSlot {
  if (slot) return slot
  throw new Error('a public route asks for its slot')
}

/** Whose request it is, by the names of its tenant and its principal. */
export interface Owner {
  readonly tenant: string
  readonly principal: string
}

export interface FairnessOptions extends Omit<SlotSettings, 'nowMs'> {
  readonly ownerOf: (request: FastifyRequest) => Owner | undefined
  /** The class of a request whose body says more than its route. */
  readonly classOf: (request: FastifyRequest) => WorkClass | undefined
  /** After so long without a byte taken, the connection of a client that does not read its answer is closed. */
  readonly answerTimeoutMs: number
}

const SWEEP_INTERVAL_MS = 100

interface Held extends RequestSlot {
  /** The handler is done; the answer is on its way. */
  answering(): void
}

/** Makes every request of a principal wait for its slot, once its body is read. Call it after authentication. */
export function registerFairness(app: FastifyInstance, options: FairnessOptions): void {
  const slots = openSlots({ ...options, nowMs: () => performance.now() })
  const answers = openAnswers()
  const timer = setInterval(() => {
    slots.expire()
    answers.sweep(performance.now())
  }, SWEEP_INTERVAL_MS).unref()
  app.addHook('onClose', async () => clearInterval(timer))
  app.decorateRequest('slot', null)
  app.addHook('preHandler', async (request, reply) => {
    const owner = options.ownerOf(request)
    if (!owner) return
    const work = options.classOf(request) ?? request.routeOptions.config.work ?? workOf(request)
    request.slot = await holdSlot({ slots, answers, owner, reply, timeoutMs: options.answerTimeoutMs }, work)
  })
  app.addHook('onSend', async ({ slot }) => {
    if (slot) (slot as Held).answering()
  })
}

function workOf({ method }: FastifyRequest): WorkClass {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'write'
}

interface Holding {
  readonly slots: Slots
  readonly answers: Answers
  readonly owner: Owner
  readonly reply: FastifyReply
  readonly timeoutMs: number
}

async function holdSlot(holding: Holding, first: WorkClass): Promise<Held> {
  const { slots, owner, reply } = holding
  const { raw } = reply
  const whenGone = (leave: () => void) => {
    raw.once('close', leave)
    return () => raw.off('close', leave)
  }
  let current = first
  let release: Release = await slots.take({ ...owner, work: first }, { whenGone })
  return {
    become: async (work) => {
      if (work === current) return
      release()
      // While it waits there is nothing to give back.
      release = () => undefined
      requireClient(raw)
      release = await slots.take({ ...owner, work }, { whenGone })
      current = work
    },
    run: async (work, part) => {
      const done = await slots.take({ ...owner, work }, { isPatient: true, whenGone })
      return part().finally(done)
    },
    requireClient: () => requireClient(raw),
    answering: () => (isGone(raw) ? release() : holdWhileAnswered(holding, current, release))
  }
}

function holdWhileAnswered({ answers, owner, reply, timeoutMs }: Holding, work: WorkClass, release: Release): void {
  const { raw } = reply
  const answer = {
    tenant: owner.tenant,
    sinceMs: performance.now(),
    isTransfer: work === 'transfer',
    release,
    limitStall: () => limitStall(raw.socket, timeoutMs)
  }
  answers.add(answer)
  const end = () => {
    answers.remove(answer)
    release()
  }
  raw.once('finish', end).once('close', end)
}

type Raw = FastifyReply['raw']

function requireClient(raw: Raw): void {
  if (isGone(raw)) throw GONE
}

function isGone({ closed, destroyed }: Raw): boolean {
  return closed || destroyed
}

/** The server sets the limit anew when the answer is out. An answer that is injected goes to no socket. */
function limitStall(socket: Raw['socket'], timeoutMs: number): void {
  if (socket instanceof Socket) socket.setTimeout(timeoutMs)
}
