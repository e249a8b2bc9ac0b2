import { createHash, randomBytes } from 'node:crypto'

const SECRET_BYTES = 32

/** A new secret of 256 random bits, in characters that need no encoding anywhere. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** How a secret of this service is kept: it is random and long, so that one plain SHA-256 cannot be turned back. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
