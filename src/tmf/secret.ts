import type { NewSecret, Resource } from './declaration/resource.ts'
import { validate } from './declaration/schema.ts'
import { postable } from './write.ts'

/**
 * The secret of what a body is to create, made before the transaction that keeps its hash; undefined for a resource
 * without one. The body is validated before: no mistake costs a hash. Throws what validation does.
 */
export async function secretFor(resource: Resource, body: unknown): Promise<NewSecret | undefined> {
  if (!resource.secret) return undefined
  const { document, chosen } = postable(resource, body)
  validate(resource, document)
  return resource.secret.make(chosen)
}

/** A new secret for what is there, made before the transaction that keeps its hash. */
export async function renewedSecret({ type, secret }: Resource, chosen?: unknown): Promise<NewSecret> {
  if (!secret) throw new Error(`${type} has no secret`)
  return secret.make(chosen)
}
