/** Numbers of the advisory locks that this program takes; all users of a database share them. */
export const LOCKS = {
  migration: 678_004,
  auditSeal: 678_005,
  demoData: 678_006,
  /** Of events that are not committed yet; the migration `events_in_order` has the number. */
  openEvents: 678_007,
  /** Of postings that are not committed yet; the migration `closed_periods` has the number. */
  postings: 678_008,
  /** Of the nightly verification. */
  verification: 678_009,
  /** Of the dunning of a tenant. */
  dunning: 678_010
} as const
