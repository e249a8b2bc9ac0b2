import { randomBytes } from 'node:crypto'
import { SUBSCRIPTIONS } from '../messages/subscription.ts'
import type { NewSecret } from '../tmf/declaration/resource.ts'
import type { Scalar } from '../tmf/declaration/shape.ts'

/** As the Standard Webhooks have them. */
const PREFIX = 'whsec_'
const BYTES_MIN = 24
const BYTES_MAX = 64
const MADE_BYTES = 32

export const CHOSEN_SECRET: Scalar = {
  kind: 'text',
  maxLength: PREFIX.length + base64Length(BYTES_MAX),
  pattern: /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/
}

/** Makes a secret or takes the chosen one. Throws `invalidField` for a choice of another form. */
export async function makeWebhookSecret(chosen: unknown): Promise<NewSecret> {
  if (chosen !== undefined) return { kept: readSecret(chosen), shown: undefined }
  const made = PREFIX + randomBytes(MADE_BYTES).toString('base64')
  return { kept: made, shown: made }
}

function readSecret(chosen: unknown): string {
  const encoded = typeof chosen === 'string' && chosen.startsWith(PREFIX) ? chosen.slice(PREFIX.length) : ''
  const bytes = Buffer.from(encoded, 'base64')
  const isSound = bytes.length >= BYTES_MIN && bytes.length <= BYTES_MAX && bytes.toString('base64') === encoded
  if (isSound) return PREFIX + encoded
  throw SUBSCRIPTIONS.secret(BYTES_MIN, BYTES_MAX)
}

function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3)
}
