import { createHash, randomBytes } from 'node:crypto'

const SECRET_BYTES = 32

/** Returns 256 random bits in characters that need no encoding. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** Hashes a secret with one SHA-256: it is too long and random to be guessed. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
