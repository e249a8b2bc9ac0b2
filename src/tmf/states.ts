import { jsonPath } from '../base/json-path.ts'
import { Problem } from '../base/problem.ts'
import type { Document, Resource, Stored } from './declaration/resource.ts'

/** Throws `conflict` with the legal states for a forbidden transition. Staying is legal. */
export function checkTransition({ noun, states }: Resource, stored: Stored, after: Document): void {
  if (!states) return
  const { attribute = 'state', transitions, barred } = states
  if (after[attribute] === undefined) throw new Problem('invalidField', `${jsonPath([attribute])} cannot be removed`)
  const [from, state] = [String(stored.document[attribute]), String(after[attribute])]
  if (state === from) return
  const withheld = barred?.(stored) ?? []
  const legal = (transitions[from] ?? []).filter((candidate) => !withheld.includes(candidate))
  if (legal.includes(state)) return
  const allowed = legal.length > 0 ? `it may go to ${legal.join(', ')}` : `${from} is final`
  throw new Problem('conflict', `A ${noun} in state ${from} cannot go to ${state}; ${allowed}`)
}
