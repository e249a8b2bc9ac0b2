import { COMPARISONS } from '../messages/comparison.ts'
import { anyQuery, noBody } from '../tmf/serving/endpoint.ts'

/** Common to operations on comparisons, which belong to the provider, as runs do. */
export const COMMON = {
  tag: 'comparison',
  access: { scopes: ['billing:run'], supportsProxy: false },
  query: anyQuery,
  body: noBody
} as const

/** Throws `conflict` for a comparison without results. */
export function requireDone<Found extends { readonly state: string }>(comparison: Found): Found {
  if (comparison.state !== 'done') throw COMPARISONS.notDone(comparison.state)
  return comparison
}
