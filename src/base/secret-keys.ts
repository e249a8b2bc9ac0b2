import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { startError } from './start-error.ts'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
/** Digits of a key's id; the id reveals nothing of the key. */
const ID_DIGITS = 12

interface SecretKey {
  readonly id: string
  readonly bytes: Buffer
}

/** Keys that seal stored secrets: the first key seals, every key opens. */
export interface SecretKeys {
  readonly first: SecretKey
  readonly all: ReadonlyMap<string, SecretKey>
}

export interface Place {
  readonly table: string
  readonly column: string
  readonly tenantId: string
  readonly id: string
}

const KEYS_FORM = 'must be keys of 32 bytes in base64, separated by commas (openssl rand -base64 32 makes one)'

/** Reads keys separated by commas or blanks. Throws an Error without the keys. */
export function parseSecretKeys(text: string): SecretKeys {
  const keys = text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map(parseKey)
  const [first] = keys
  if (!first) throw new Error(KEYS_FORM)
  return { first, all: new Map(keys.map((key) => [key.id, key])) }
}

/** Reads one key from each line. Throws a StartError. */
export function readSecretKeys(file: string): SecretKeys {
  try {
    return parseSecretKeys(readFileSync(file, 'utf8'))
  } catch (error) {
    throw startError(`The secret keys of ${file} cannot be used`, error)
  }
}

export function newSecretKey(): string {
  return randomBytes(KEY_BYTES).toString('base64')
}

export const SEALED_PREFIX = 'v1.'

/** Returns `v1.<key id>.<base64url of IV, tag and ciphertext>`. */
export function seal({ first }: SecretKeys, place: Place, value: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, first.bytes, iv, { authTagLength: TAG_BYTES }).setAAD(associated(place))
  const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()])
  return `${SEALED_PREFIX}${first.id}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`
}

/**
 * Opens a stored value; returns one that was never sealed as it is. Throws an Error without the secret if no key opens
 * it, or if it was changed or moved.
 */
export function unseal({ all }: SecretKeys, place: Place, stored: string): string {
  const [, id, body = ''] = SEALED.exec(stored) ?? []
  if (id === undefined) return stored
  const key = all.get(id)
  if (!key) throw new Error(`${named(place)} is sealed with the key ${id}, which is not among SECRET_KEYS`)
  const bytes = Buffer.from(body, 'base64url')
  const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES)
  try {
    const decipher = createDecipheriv(CIPHER, key.bytes, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAAD(associated(place)).setAuthTag(tag)
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    throw new Error(`${named(place)} was changed or moved since it was sealed`)
  }
}

export function sealedByFirst({ first }: SecretKeys): string {
  return `${SEALED_PREFIX}${first.id}.`
}

const SEALED = /^v1\.([0-9a-f]{12})\.([\w-]+)$/

function parseKey(text: string): SecretKey {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== text) throw new Error(KEYS_FORM)
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, ID_DIGITS), bytes }
}

function associated({ table, column, tenantId, id }: Place): Buffer {
  return Buffer.from(JSON.stringify([table, column, tenantId, id]))
}

function named({ table, column, id }: Place): string {
  return `${table}.${column} of ${id}`
}
