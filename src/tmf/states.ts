import { Problem } from '../base/problem.ts'
import type { Resource, Stored } from './resource.ts'

/** Throws `conflict`, naming the legal states, when a stored resource may not go to `state`. Staying is legal. */
export function checkTransition(resource: Resource, stored: Stored, state: string): void {
  const from = String(stored.document.state)
  if (!resource.states || state === from) return
  const { transitions, barred } = resource.states
  const withheld = barred?.(stored) ?? []
  const legal = (transitions[from] ?? []).filter((candidate) => !withheld.includes(candidate))
  if (legal.includes(state)) return
  const allowed = legal.length > 0 ? `it may go to ${legal.join(', ')}` : `${from} is final`
  throw new Problem('conflict', `A ${resource.path} in state ${from} cannot go to ${state}; ${allowed}`)
}
