import type { NewSecret, Resource } from './declaration/resource.ts'
import { validate } from './declaration/schema.ts'
import { postable } from './write.ts'

/**
 * Makes the secret of a new row, before the transaction that stores its hash; undefined for a resource without one.
 * Validates the body first, so that no mistake costs a hash, and throws what validation does.
 */
export async function secretFor(resource: Resource, body: unknown): Promise<NewSecret | undefined> {
  if (!resource.secret) return undefined
  const { document, chosen } = postable(resource, body)
  validate(resource, document)
  return resource.secret.make(chosen)
}

/** Makes a new secret for an existing row, before the transaction that stores its hash. */
export async function renewedSecret({ type, secret }: Resource, chosen?: unknown): Promise<NewSecret> {
  if (!secret) throw new Error(`${type} has no secret`)
  return secret.make(chosen)
}
