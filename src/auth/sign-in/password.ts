import { argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock } from '../../base/clock.ts'
import { ACCESS } from '../../messages/access.ts'
import { requireNoTransaction } from '../../pace/slow.ts'
import { noteVerified, wasVerified } from './verified-passwords.ts'

/** Argon2id as OWASP recommends it for new hashes: 19 MiB, two passes, one lane. */
const COST: Cost = { memoryKib: 19_456, passes: 2, lanes: 1 }
const SALT_BYTES = 16
const HASH_BYTES = 32
const COST_MAX: Cost = { memoryKib: 131_072, passes: 10, lanes: 4 }
/** Parallel hashes in this process: half of the thread pool, which DNS and file reads share. */
export const HASHES_AT_ONCE_MAX = 2
/** Limit of waiting hashes: about two seconds' work on one core. */
export const HASHES_WAITING_MAX = 64
const RETRY_AFTER_S = '1'

const ENCODED = /^[0-9a-f]{64}$/

/** RFC 9106's m, t and p. */
interface Cost {
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
}

interface StoredHash {
  readonly cost: Cost
  readonly salt: Buffer
  readonly hash: Buffer
}

/** Compared for unknown users: the same work, and never a match. */
const NOBODY: StoredHash = { cost: COST, salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(HASH_BYTES) }

/** Returns the lower-case hex SHA-256 of a password's UTF-8, as clients with the password encoding `sha256` send it. */
export function encodePassword(password: string): string {
  return createHash('sha256').update(password, 'utf8').digest('hex')
}

export function isEncodedPassword(text: string): boolean {
  return ENCODED.test(text)
}

/**
 * Hashes an encoded password by argon2id with a new salt, in the PHC string format; `from` is the network that asks.
 * Throws `unavailable` if too many hashes wait.
 */
export async function hashPassword(encoded: string, from = ''): Promise<string> {
  if (!ENCODED.test(encoded)) throw new Error('Only an encoded password can be hashed')
  const salt = randomBytes(SALT_BYTES)
  const hash = await inSlot(() => derive(encoded, salt, HASH_BYTES, COST), from)
  const { memoryKib, passes, lanes } = COST
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${base64(salt)}$${base64(hash)}`
}

/**
 * Compares an encoded password with a stored hash. Without a hash (unknown user) it returns false after the same work.
 * Awaits `beforeWork` when its turn comes, and passes on its errors. With a clock, skips the work for a pair verified
 * within the last minute. Throws `unavailable` if too many hashes wait, and an Error for an unreadable stored hash.
 */
export async function verifyPassword(
  encoded: string,
  hash: string | undefined,
  beforeWork?: () => Promise<void>,
  clock?: Clock,
  from = ''
): Promise<boolean> {
  // Any other text never matches and may be long: it is not hashed.
  const isEncoded = ENCODED.test(encoded)
  const stored = hash === undefined || !isEncoded ? NOBODY : parseHash(hash)
  // A remembered password waits in line, too: guesses that overtook others would not be counted.
  return inSlot(async () => {
    await beforeWork?.()
    if (clock && hash !== undefined && isEncoded && wasVerified(clock, encoded, hash)) return true
    const derived = await derive(isEncoded ? encoded : '', stored.salt, stored.hash.length, stored.cost)
    const isRight = timingSafeEqual(derived, stored.hash) && stored !== NOBODY
    if (clock && hash !== undefined && isRight) noteVerified(clock, encoded, hash)
    return isRight
  }, from)
}

function derive(encoded: string, nonce: Buffer, tagLength: number, cost: Cost): Promise<Buffer> {
  const { memoryKib: memory, passes, lanes: parallelism } = cost
  return promisify(argon2)('argon2id', { message: encoded, nonce, tagLength, memory, passes, parallelism })
}

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

function parseHash(text: string): StoredHash {
  const [, memory, passes, lanes, salt = '', hash = ''] = PHC.exec(text) ?? []
  const cost = { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) }
  // RFC 9106, section 3.1: at least 8 KiB for each lane.
  const isPossible = cost.passes >= 1 && cost.lanes >= 1 && cost.memoryKib >= 8 * cost.lanes
  const isBounded =
    cost.memoryKib <= COST_MAX.memoryKib && cost.passes <= COST_MAX.passes && cost.lanes <= COST_MAX.lanes
  if (!isPossible || !isBounded) throw new Error('A stored password hash cannot be read, or asks for too much work')
  return { cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

interface Waiting {
  readonly from: string
  readonly start: () => void
  readonly giveUp: () => void
}

let working = 0
const waiting: Waiting[] = []

async function inSlot<T>(work: () => Promise<T>, from: string): Promise<T> {
  requireNoTransaction('A password hash')
  await enterSlot(from)
  try {
    return await work()
  } finally {
    leaveSlot()
  }
}

async function enterSlot(from: string): Promise<void> {
  if (working < HASHES_AT_ONCE_MAX) {
    working++
    return
  }
  if (waiting.length >= HASHES_WAITING_MAX) makeRoom(from)
  await new Promise<void>((resolve, reject) => {
    waiting.push({ from, start: resolve, giveUp: () => reject(TOO_MANY()) })
  })
}

const TOO_MANY = () => ACCESS.tooManyPasswords().with({ 'Retry-After': RETRY_AFTER_S })

/**
 * Drops the last place of the network with most places, unless that is the newcomer's: one network's guesses keep
 * nobody else out.
 */
function makeRoom(newcomer: string): void {
  const places = Map.groupBy(waiting, ({ from }) => from)
  const [greediest = []] = [...places.values()].sort((left, right) => right.length - left.length)
  const last = greediest.at(-1)
  if (!last || greediest.length <= (places.get(newcomer)?.length ?? 0) + 1) throw TOO_MANY()
  waiting.splice(waiting.indexOf(last), 1)
  last.giveUp()
}

/** Hands the slot to the next in line, so that no newcomer gets in between. */
function leaveSlot(): void {
  const next = waiting.shift()
  if (next) next.start()
  else working--
}
