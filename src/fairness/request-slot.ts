import { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Answers, openAnswers } from './answers.ts'
import type { WorkClass } from './scheduler.ts'
import { GONE, openSlots, type Release, type SlotSettings, type Slots } from './slots.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Null for a request without a principal. */
    slot: RequestSlot | null
  }
  interface FastifyContextConfig {
    /** The cost of a request; by default GET and HEAD are reads, all others writes. */
    work?: WorkClass
  }
}

/** The slot of a request, from before its handler begins until its response is written. */
export interface RequestSlot {
  /** Exchanges the slot for one of another class; a slot of that class stays. Throws a Problem. */
  become(work: WorkClass): Promise<void>
  /** Runs a part of a transfer in a slot of its own: the transfer itself holds none. */
  run<T>(work: WorkClass, part: () => Promise<T>): Promise<T>
  /** Gives the slot up for a response without an end of its own; its work goes through `run`. */
  leave(): void
  /** Throws a Problem if the client has gone, so that no work is done for nobody. */
  requireClient(): void
}

export function slotOf({ slot }: FastifyRequest): RequestSlot {
  if (slot) return slot
  throw new Error('a public route asks for its slot')
}

export interface Owner {
  readonly tenant: string
  readonly principal: string
}

export interface FairnessOptions extends Omit<SlotSettings, 'nowMs'> {
  readonly ownerOf: (request: FastifyRequest) => Owner | undefined
  readonly classOf: (request: FastifyRequest) => WorkClass | undefined
  /** Closes a connection whose client takes no byte of its response for so long. */
  readonly answerTimeoutMs: number
}

const SWEEP_INTERVAL_MS = 100

interface Held extends RequestSlot {
  answering(): void
}

/** Makes each request with a principal wait for a slot after its body is read. Call it after authentication. */
export function registerFairness(app: FastifyInstance, options: FairnessOptions): void {
  const slots = openSlots({ ...options, nowMs: () => performance.now() })
  const answers = openAnswers()
  const timer = setInterval(() => {
    slots.expire()
    answers.sweep(performance.now())
  }, SWEEP_INTERVAL_MS).unref()
  app.addHook('onClose', async () => clearInterval(timer))
  app.decorateRequest('slot', null)
  app.addHook('preHandler', (request, { raw }, done) => {
    const owner = options.ownerOf(request)
    if (!owner) return done()
    const work = options.classOf(request) ?? request.routeOptions.config.work ?? workOf(request)
    const holding = { slots, answers, owner, raw, timeoutMs: options.answerTimeoutMs, whenGone: watchGone(raw) }
    const begin = (release: Release) => {
      request.slot = holdSlot(holding, work, release)
      done()
    }
    const taken = slots.takeFree({ ...owner, work }, holding)
    if (taken instanceof Promise) taken.then(begin, done)
    else begin(taken)
  })
  app.addHook('onSend', ({ slot }, _reply, _payload, done) => {
    if (slot) (slot as Held).answering()
    done()
  })
}

function workOf({ method }: FastifyRequest): WorkClass {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'write'
}

interface Holding {
  readonly slots: Slots
  readonly answers: Answers
  readonly owner: Owner
  readonly raw: Raw
  readonly timeoutMs: number
  readonly whenGone: (leave: () => void) => () => void
}

/** Calls everything that is to be called when a response closes, through one listener. */
function watchGone(raw: Raw): Holding['whenGone'] {
  const leaving = new Set<() => void>()
  raw.once('close', () => {
    for (const leave of leaving) leave()
  })
  return (leave) => {
    leaving.add(leave)
    return () => leaving.delete(leave)
  }
}

function holdSlot(holding: Holding, first: WorkClass, taken: Release): Held {
  const { slots, owner, raw, whenGone } = holding
  let current = first
  let release = taken
  let hasLeft = false
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
    leave: () => {
      hasLeft = true
      release()
    },
    requireClient: () => requireClient(raw),
    answering: () => (hasLeft || isGone(raw) ? release() : holdWhileAnswered(holding, current, release))
  }
}

function holdWhileAnswered(holding: Holding, work: WorkClass, release: Release): void {
  const { answers, owner, raw, timeoutMs, whenGone } = holding
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
  raw.once('finish', end)
  whenGone(end)
}

type Raw = FastifyReply['raw']

function requireClient(raw: Raw): void {
  if (isGone(raw)) throw GONE
}

function isGone({ closed, destroyed }: Raw): boolean {
  return closed || destroyed
}

/** The server resets the limit after the response. An injected request has no socket. */
function limitStall(socket: Raw['socket'], timeoutMs: number): void {
  if (socket instanceof Socket) socket.setTimeout(timeoutMs)
}
