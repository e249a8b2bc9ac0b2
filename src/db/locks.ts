/**
 * The numbers of the advisory locks of Postgres that this program takes, each for one thing: everybody who works on a
 * database shares them.
 */
export const LOCKS = {
  migration: 678_004,
  auditSeal: 678_005,
  demoData: 678_006
} as const
