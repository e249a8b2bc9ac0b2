import type { Resource } from '../tmf/declaration/resource.ts'
import { account } from './account.ts'
import { customer } from './customer.ts'

export const accountResources: ReadonlyMap<string, Resource> = new Map(
  [customer, account].map((resource) => [resource.path, resource])
)
