/**
 * Applies the pending migrations and returns their names; processes may do so at the same time. Each migration is one
 * transaction, except a single statement that Postgres refuses in one. Throws a StartError that names the failed
 * migration, or the holder of the lock. The next call tries a failed one again.
 */
export const LOCKS = {
  migration: 678_004,
  auditSeal: 678_005,
  demoData: 678_006
} as const
