import { jsonPath } from '../base/json-path.ts'
import { BODIES } from '../messages/body.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { Document, Resource, Stored } from './declaration/resource.ts'

/** Throws `conflict` with the legal states for a forbidden transition. Staying is legal. */
export function checkTransition({ noun, states }: Resource, stored: Stored, after: Document): void {
  if (!states) return
  const { attribute = 'state', transitions, barred } = states
  if (after[attribute] === undefined) throw BODIES.removed([jsonPath([attribute])])
  const [from, state] = [String(stored.document[attribute]), String(after[attribute])]
  if (state === from) return
  const withheld = barred?.(stored) ?? []
  const legal = (transitions[from] ?? []).filter((candidate) => !withheld.includes(candidate))
  if (legal.includes(state)) return
  if (legal.length === 0) throw RESOURCES.finalState(noun, from, state, from)
  throw RESOURCES.wrongTransition(noun, from, state, legal)
}
