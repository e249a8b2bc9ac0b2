import { rulesOf, type Served } from './declaration/define.ts'
import type { NewSecret, Resource } from './declaration/resource.ts'
import { validate } from './declaration/schema.ts'
import { postable } from './write.ts'

/**
 * Runs `checkPosted` on a posted body and makes the secret of a resource that has one, before the transaction: both may
 * take long. Validates the body first, so that no mistake costs a hash. Throws what each does.
 */
export async function secretFor(resource: Served, body: unknown): Promise<NewSecret | undefined> {
  const { checkPosted } = rulesOf(resource)
  if (!resource.secret && !checkPosted) return undefined
  const { document, chosen } = postable(resource, body)
  await checkPosted?.(validate(resource, document))
  return resource.secret?.make(chosen)
}

/** Makes a new secret for an existing row, before the transaction that stores it. */
export async function renewedSecret({ type, secret }: Resource, chosen?: unknown): Promise<NewSecret> {
  if (!secret) throw new Error(`${type} has no secret`)
  return secret.make(chosen)
}
